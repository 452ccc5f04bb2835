// From a key press to what it asks for. The right hand says what, the left hand says why.

/** The desk's own keys; reasons take theirs from the rubric. `name` is what the key sheet writes. */
export const KEYS = {
  j: { act: "keep", name: "Keep" },
  k: { act: "unsure", name: "Unsure" },
  l: { act: "reject", name: "Reject" },
  u: { act: "undo", name: "Undo", shift: "redo" },
  h: { act: "highlights", name: "Highlights" },
  v: { act: "hidden", name: "Hidden characters" },
  n: { act: "note", name: "Note" },
  m: { act: "guideline", name: "Guideline" },
  i: { act: "panel", name: "Panel" },
  p: { act: "pause", name: "Pause" },
  o: { act: "later", name: "Later" },
  ",": { act: "markBack", name: "Mark back" },
  ".": { act: "markNext", name: "Mark next" },
  "/": { act: "find", name: "Find" },
  "?": { act: "keys", name: "Keys" },
  "+": { act: "larger", name: "Larger text" },
  "=": { act: "larger", name: "Larger text" },
  "-": { act: "smaller", name: "Smaller text" },
};

const WHOLE = {
  Enter: "confirm",
  Escape: "close",
  ArrowDown: "lineDown",
  ArrowUp: "lineUp",
  PageDown: "pageDown",
  PageUp: "pageUp",
  Home: "top",
  End: "bottom",
};

const POSITION = { Comma: ",", Period: ".", Slash: "/", Equal: "=", Minus: "-" };

/** The character a key stands for: `event.key`, or its place on the keyboard where the layout has no Latin letters. */
export function keyName(event) {
  const key = event.key;
  if (key.length !== 1) return key;
  if (key.charCodeAt(0) < 128) return key.toLowerCase();
  if (/^Key[A-Z]$/.test(event.code)) return event.code.slice(3).toLowerCase();
  if (/^Digit\d$/.test(event.code)) return event.code.slice(5);
  if (event.code === "Slash" && event.shiftKey) return "?";
  return POSITION[event.code] ?? key;
}

function inField(target) {
  if (!(target instanceof Element)) return false;
  if (target.isContentEditable || target.tagName === "TEXTAREA" || target.tagName === "SELECT") return true;
  return target.tagName === "INPUT" && !["checkbox", "radio", "button"].includes(target.type);
}

function activates(target) {
  return target instanceof Element && target.closest("button, a[href], [role=switch], [role=button], summary") !== null;
}

/**
 * What a key press asks for: `{act}`, `{act: "reason", code, alone}`, `{act: "score", value}`, or null for a key
 * that is not the desk's. `reasons` maps keys to reason codes.
 */
export function meaning(event, reasons, { score }) {
  const target = event.composedPath()[0];
  const control = event.ctrlKey || event.metaKey;
  if (event.isComposing || event.altKey) return null;
  if (event.key === "Escape") return { act: "close" };
  if (event.ctrlKey && event.key === "Enter") return { act: "noteDone" };
  if (inField(target)) return null;
  if (event.ctrlKey && keyName(event) === "z") return { act: event.shiftKey ? "redo" : "undo" };
  if (control) return null;
  const key = keyName(event);
  if ((key === " " || key === "Enter") && activates(target)) return null;
  if (key === " ") return { act: event.shiftKey ? "pageUp" : "pageDown" };
  if (key in WHOLE) return event.shiftKey ? null : { act: WHOLE[key] };
  if (reasons.has(key)) return { act: "reason", code: reasons.get(key), alone: event.shiftKey };
  if (score !== "off" && /^[0-5]$/.test(key)) return { act: "score", value: Number(key) };
  const own = KEYS[key];
  if (!own) return null;
  const letter = key >= "a" && key <= "z";
  if (letter && event.shiftKey) return own.shift ? { act: own.shift } : null;
  return { act: own.act };
}

/** Acts that a held key may repeat. A verdict is never among them. */
export const REPEATS = new Set(["lineDown", "lineUp", "pageDown", "pageUp"]);
