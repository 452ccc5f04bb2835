// Characters that print nothing, or not what they are: one visible sign each, so that offsets stay the same.

// Signs that the reading face has; what each stands for is listed beside the text.
const NAMED = new Map([
  [0x20, ["·", "space"]],
  [0x09, ["→", "tab"]],
  [0x0d, ["¬", "carriage return"]],
  [0x7f, ["¤", "delete"]],
  [0xa0, ["°", "no-break space"]],
  [0xad, ["‐", "soft hyphen"]],
  [0x061c, ["‹", "Arabic letter mark"]],
  [0x180e, ["¦", "Mongolian vowel separator"]],
  [0x200b, ["¦", "zero-width space"]],
  [0x200c, ["¦", "zero-width non-joiner"]],
  [0x200d, ["¦", "zero-width joiner"]],
  [0x200e, ["›", "left-to-right mark"]],
  [0x200f, ["‹", "right-to-left mark"]],
  [0x2028, ["¶", "line separator"]],
  [0x2029, ["¶", "paragraph separator"]],
  [0x202a, ["›", "left-to-right embedding"]],
  [0x202b, ["‹", "right-to-left embedding"]],
  [0x202c, ["†", "end of embedding or override"]],
  [0x202d, ["»", "left-to-right override"]],
  [0x202e, ["«", "right-to-left override"]],
  [0x202f, ["°", "narrow no-break space"]],
  [0x2060, ["¦", "word joiner"]],
  [0x2066, ["›", "left-to-right isolate"]],
  [0x2067, ["‹", "right-to-left isolate"]],
  [0x2068, ["‡", "first strong isolate"]],
  [0x2069, ["†", "end of isolate"]],
  [0x3000, ["°", "ideographic space"]],
  [0xfeff, ["¦", "byte order mark"]],
]);

const SIGNS = 100_000; // characters: signs beyond are shown, but not coloured
const HIDDEN = /[\u0000-\u0020\u007f-\u00a0\u00ad\u061c\u180e\u2000-\u200f\u2028-\u202f\u205f-\u2069\u3000\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

function sign(character) {
  const code = character.charCodeAt(0);
  if (NAMED.has(code)) return NAMED.get(code)[0];
  return "¤";
}

function nameOf(code) {
  if (NAMED.has(code)) return NAMED.get(code)[1];
  const hex = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
  if (code === 0) return "NUL";
  if (code >= 0xd800 && code <= 0xdfff) return `half a character ${hex}`;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) ? `control ${hex}` : hex;
}

/** The text with every hidden character as a visible sign, same length in UTF-16 units. */
export function reveal(text) {
  return text.replace(HIDDEN, sign);
}

/** Where the signs stand, to colour them: [{start, end}]. */
export function signs(text) {
  return [...text.slice(0, SIGNS).matchAll(HIDDEN)].map(({ index }) => ({ start: index, end: index + 1 }));
}

/** What is hidden in a text, the rarer first: [{sign, name, count}]. Plain spaces and line ends are left out. */
export function hiddenCounts(text) {
  const counts = new Map();
  for (const [character] of text.matchAll(HIDDEN)) {
    const code = character.charCodeAt(0);
    if (code !== 0x20 && code !== 0x0a) counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => a[1] - b[1])
    .map(([code, number]) => ({ sign: sign(String.fromCharCode(code)), name: nameOf(code), count: number }));
}
