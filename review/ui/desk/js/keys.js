// From a key press to what it asks for. The right hand says what, the left hand says why; which key says it comes with
// the rubric, because a project and a reviewer may have other keys.

import { h } from "./dom.js";

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

/** Whether Enter and Space are a control's own: one that was walked to by key, not one the mouse has left behind. */
function activates(target) {
  if (!(target instanceof Element) || !target.matches(":focus-visible")) return false;
  return target.closest("button, a[href], [role=switch], [role=button], summary") !== null;
}

/** What may be a key of the desk; the rest is the score's, or the browser's. */
export const ALLOWED = /^[a-z6-9,./?+\-=;'\[\]\\]$/;

const SHIFTED = { undo: "redo", later: "resume" }; // acts that Shift turns round

export class Keymap {
  #acts = new Map(); // key -> act
  #reasons = new Map(); // key -> reason code
  #score;

  /** `rubric` as the server sends it: reasons and acts with their keys. */
  constructor(rubric) {
    for (const [act, { key }] of Object.entries(rubric.acts)) if (key) this.#acts.set(key, act);
    for (const { code, key } of rubric.reasons) this.#reasons.set(key, code);
    this.#score = rubric.score !== "off";
  }

  /**
   * What a key press asks for: `{act}`, `{act: "reason", code, alone}`, `{act: "score", value}`, or null for a key that
   * is not the desk's.
   */
  meaning(event) {
    const target = event.composedPath()[0];
    if (event.isComposing || event.altKey) return null;
    if (event.key === "Escape") return { act: "close" };
    if (event.ctrlKey && event.key === "Enter") return { act: "noteDone" };
    if (inField(target)) return null;
    if (event.ctrlKey && keyName(event) === "z") return { act: event.shiftKey ? "redo" : "undo" };
    if (event.ctrlKey || event.metaKey) return null;
    const key = keyName(event);
    if ((key === " " || key === "Enter") && activates(target)) return null;
    if (key === " ") return { act: event.shiftKey ? "pageUp" : "pageDown" };
    if (key in WHOLE) return event.shiftKey ? null : { act: WHOLE[key] };
    if (this.#reasons.has(key)) return { act: "reason", code: this.#reasons.get(key), alone: event.shiftKey };
    if (this.#score && /^[0-5]$/.test(key)) return { act: "score", value: Number(key) };
    // + needs Shift on many keyboards, = is the same key without it.
    const act = this.#acts.get(key) ?? (key === "=" ? this.#acts.get("+") : undefined);
    if (!act) return null;
    const letter = key >= "a" && key <= "z";
    if (letter && event.shiftKey) return act in SHIFTED ? { act: SHIFTED[act] } : null;
    return { act };
  }
}

let shown = {}; // act -> its key now, for the signs on buttons

/** The sign of an act's key on a button; it follows when the key changes. */
export function actKey(act) {
  const node = h("kbd", { "data-act": act, "aria-hidden": "true" });
  writeKey(node);
  return node;
}

/** From now on these are the acts' keys: written on every sign under `root`, and told to screen readers. */
export function showKeys(root, acts) {
  shown = Object.fromEntries(Object.entries(acts).map(([act, { key }]) => [act, key]));
  for (const node of root.querySelectorAll("kbd[data-act]")) writeKey(node);
}

function writeKey(node) {
  const key = shown[node.dataset.act] ?? "";
  node.textContent = key.toUpperCase();
  node.hidden = !key;
  const owner = node.closest("button, label");
  if (key) owner?.setAttribute("aria-keyshortcuts", key);
  else owner?.removeAttribute("aria-keyshortcuts");
}

/** Acts that a held key may repeat. A verdict is never among them. */
export const REPEATS = new Set(["lineDown", "lineUp", "pageDown", "pageUp"]);
