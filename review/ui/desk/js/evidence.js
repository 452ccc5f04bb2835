// What a reader may want to see at a glance. Evidence, never a verdict: plain patterns, no model.

/** Kinds of mark in the order of the legend. */
export const KINDS = {
  repeated: "Repeated text",
  shared: "Also in other documents",
  menu: "Menu or template text",
  personal: "Personal data",
  link: "Web address",
  broken: "Broken characters",
};

const LONGEST = 300_000; // characters: beyond, repeated phrases are not searched, only repeated lines
const PHRASE = 10; // words: a phrase this long that comes again is marked

const MENU_WORDS =
  /^(skip to (main )?content|read more|continue reading|share (this|on)\b.*|sign ?in|log ?in|sign up|subscribe( now)?|register|my account|privacy policy|terms (of|and) (use|service|conditions)|cookie (policy|settings|preferences)|all rights reserved.*|copyright ©.*|©.*\d{4}.*|back to top|leave a (reply|comment)|related (posts|articles)|powered by\b.*|click here|advertisement|home|menu|search|next|previous|tweet|print|add to (cart|basket))[.:»›!]?$/i;
const COOKIES = /\b(uses?|accept(ing)?|this (web)?site) (all )?cookies\b/i;
const SEPARATOR = / {2,}|\t+| ?[|·•»›] ?| \/ /;

const WEB = /\b(?:https?:\/\/|www\.)[^\s<>"'“”]{2,400}/gi;
const MAIL = /(?<![\p{L}\d._%+-])[\p{L}\d._%+-]{1,64}@[\p{L}\d-]{1,63}(?:\.[\p{L}\d-]{1,63}){1,5}/gu;
const PHONE =
  /(?<![\p{L}\d.,:/+-])(?:\+\d{1,3}(?:[ .\-/\u00a0]?\(?\d{1,5}\)?){2,6}|\(?\d{2,5}\)?(?:[ .\-/\u00a0]?\(?\d{2,5}\)?){1,5})(?![\p{L}\d])/gu;
const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
const THOUSANDS = /^\d{1,3}(?:[ .\u00a0]\d{3})+$/;
const DATE = /^(?:\d{4}[-./ ]\d{1,2}[-./ ]\d{1,2}|\d{1,2}[-./ ]\d{1,2}[-./ ]\d{4}|\d{4}[-/ ]\d{4}|(?:19|20)\d{2} ?\(\d+\)$)/;

// UTF-8 read as Windows-1252 or Latin-1, replacement and private characters, controls, half characters, and
// direction controls that can turn a line round.
const BROKEN =
  /(?:Ã[\u0080-\u00bf\u0192\u201a-\u203a]|Â[\u0080-\u00bf]|â€[\u0080-\u00bf\u0152-\u2122]?|â[\u0080-\u00bf]{2}|[ÐÑ][\u0080-\u00bf]|ï»¿|ï¿½|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u202a-\u202e\u2066-\u2069\ue000-\uf8ff\ufdd0-\ufdef\ufeff\ufff9-\ufffd]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff])+/g;
const WORD_BEFORE = /\p{L}{1,40}$/u;
const WORD_AFTER = /^\p{L}{1,40}/u;

/**
 * Marks of lines that other drawn documents have too. `windows` as in prose.js; `shared`: [[line number, others]], which
 * the server knows, or null while it is still counting.
 */
export function sharedLines(windows, shared) {
  if (!shared?.length) return [];
  const numbers = new Set(shared.map(([number]) => number));
  const marks = [];
  let before = 0;
  for (const { line, text } of windows) {
    let number = line;
    for (let start = 0; start <= text.length; number += 1) {
      const end = (text.indexOf("\n", start) + 1 || text.length + 1) - 1;
      if (numbers.has(number)) {
        const raw = text.slice(start, end);
        const from = before + start + raw.length - raw.trimStart().length;
        marks.push({ kind: "shared", start: from, end: from + raw.trim().length });
      }
      start = end + 1;
    }
    before += text.length + 1;
  }
  return marks;
}

/**
 * Marks in a text: [{kind, start, end}] sorted by start, offsets in UTF-16 units. Marks of one kind do not overlap.
 * `more` marks are known already.
 */
export function findMarks(text, more = []) {
  const lines = splitLines(text);
  const marks = [
    ...more,
    ...repeatedLines(lines),
    ...(text.length <= LONGEST ? repeatedPhrases(text) : []),
    ...menuLines(lines),
    ...spans(text, WEB, "link"),
    ...spans(text, MAIL, "personal"),
    ...spans(text, PHONE, "personal", isPhone),
    ...spans(text, ADDRESS, "personal", isAddress),
    ...brokenWords(text),
  ];
  return merge(marks);
}

function splitLines(text) {
  const lines = [];
  let start = 0;
  while (start <= text.length) {
    let end = text.indexOf("\n", start);
    if (end < 0) end = text.length;
    const raw = text.slice(start, end);
    const line = raw.trim();
    if (line) {
      const from = start + raw.indexOf(line);
      lines.push({ start: from, end: from + line.length, text: line });
    }
    start = end + 1;
  }
  return lines;
}

function repeatedLines(lines) {
  const seen = new Map();
  for (const line of lines) seen.set(line.text, (seen.get(line.text) ?? 0) + 1);
  // A lone bullet or page number that comes again says nothing.
  const telling = (line) => seen.get(line.text) > 1 && line.text.length >= 8 && /\p{L}{2}/u.test(line.text);
  return lines.filter(telling).map(({ start, end }) => ({ kind: "repeated", start, end }));
}

function repeatedPhrases(text) {
  const words = [...text.matchAll(/[\p{L}\p{N}]+/gu)];
  const seen = new Map();
  const marks = [];
  for (let first = 0; first + PHRASE <= words.length; first++) {
    let phrase = "";
    for (let at = first; at < first + PHRASE; at++) phrase += `${words[at][0].toLowerCase()} `;
    const earlier = seen.get(phrase);
    if (earlier === undefined) {
      seen.set(phrase, first);
    } else if (earlier + PHRASE <= first) {
      for (const from of [earlier, first]) {
        const last = words[from + PHRASE - 1];
        marks.push({ kind: "repeated", start: words[from].index, end: last.index + last[0].length });
      }
    }
  }
  return marks;
}

function menuLines(lines) {
  const marks = [];
  for (const { start, end, text } of lines) {
    if (text.length > 300) continue;
    const parts = text.split(SEPARATOR).filter(Boolean);
    const short = parts.length >= 3 && parts.every((part) => part.length <= 28 && !/[.!?]\s/.test(part));
    if (short || MENU_WORDS.test(text) || COOKIES.test(text)) marks.push({ kind: "menu", start, end });
  }
  return marks;
}

function spans(text, pattern, kind, sound = () => true) {
  const marks = [];
  for (const match of text.matchAll(pattern)) {
    const found = kind === "link" ? match[0].replace(/[.,;:!?)\]]+$/, "") : match[0];
    if (sound(found)) marks.push({ kind, start: match.index, end: match.index + found.length });
  }
  return marks;
}

function isPhone(found) {
  const digits = found.replace(/\D/g, "").length;
  const parts = found.split(/[ .\-/\u00a0()]+/).filter(Boolean).length;
  if (isAddress(found)) return false;
  return digits >= 7 && digits <= 15 && (parts > 1 || found.startsWith("+")) && ![DATE, THOUSANDS].some((other) => other.test(found));
}

function isAddress(found) {
  const parts = found.split(".");
  return parts.length === 4 && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) <= 255);
}

function brokenWords(text) {
  const marks = [];
  for (const match of text.matchAll(BROKEN)) {
    const end = match.index + match[0].length;
    const before = WORD_BEFORE.exec(text.slice(Math.max(0, match.index - 40), match.index))?.[0].length ?? 0;
    const after = WORD_AFTER.exec(text.slice(end, end + 40))?.[0].length ?? 0;
    marks.push({ kind: "broken", start: match.index - before, end: end + after });
  }
  return marks;
}

function merge(marks) {
  const merged = [];
  const last = {};
  for (const mark of marks.sort((a, b) => a.start - b.start || a.end - b.end)) {
    const open = last[mark.kind];
    if (open && mark.start <= open.end) open.end = Math.max(open.end, mark.end);
    else merged.push((last[mark.kind] = { ...mark }));
  }
  return merged;
}
