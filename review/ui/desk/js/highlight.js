// Paints marks over text without touching it (CSS Custom Highlight API), or with <mark> where a browser lacks it.

import { h } from "./dom.js";
import { KINDS } from "./evidence.js";
import { rangesOf } from "./prose.js";

const ABLE = typeof Highlight === "function" && "highlights" in CSS;

/** Show a document's marks of the kinds in `on`. */
export function paintMarks(prose, on) {
  if (!ABLE) return wrapMarks(prose, on);
  const marks = readyMarks(prose);
  for (const kind of Object.keys(KINDS)) {
    if (on.has(kind) && marks.has(kind)) CSS.highlights.set(`desk-${kind}`, marks.get(kind));
    else CSS.highlights.delete(`desk-${kind}`);
  }
}

/** A document's marks as the browser takes them, by kind: made once, best before the document is shown. */
export function readyMarks(prose) {
  if (!ABLE || prose.highlights) return prose.highlights;
  prose.highlights = new Map();
  for (const { kind, start, end } of prose.marks) {
    if (!prose.highlights.has(kind)) {
      const made = new Highlight();
      if (kind === "shared") made.priority = -1; // whole lines: what is marked inside them stays to be seen
      prose.highlights.set(kind, made);
    }
    for (const range of rangesOf(prose, start, end)) prose.highlights.get(kind).add(range);
  }
  return prose.highlights;
}

/** Colour the signs that stand for hidden characters. */
export function paintSigns(prose, spans) {
  if (ABLE) paint("desk-sign", prose, spans, 3);
}

/** Show the places a search found, and the one the reader is at. */
export function paintFound(prose, found, current) {
  if (!ABLE) return;
  paint("desk-found", prose, found, 1);
  paint("desk-current", prose, current ? [current] : [], 2);
}

export function clearPaint() {
  if (!ABLE) return;
  for (const name of [...Object.keys(KINDS), "found", "current", "sign"]) CSS.highlights.delete(`desk-${name}`);
}

function paint(name, prose, spans, priority) {
  if (!spans.length) {
    CSS.highlights.delete(name);
    return;
  }
  const highlight = new Highlight();
  for (const { start, end } of spans) for (const range of rangesOf(prose, start, end)) highlight.add(range);
  highlight.priority = priority;
  CSS.highlights.set(name, highlight);
}

function wrapMarks(prose, on) {
  let next = 0;
  const marks = prose.marks.filter((mark) => on.has(mark.kind));
  for (const line of prose.lines) {
    const text = line.node.textContent;
    const nodes = [];
    let at = 0;
    while (next < marks.length && marks[next].end <= line.start) next += 1;
    for (let index = next; index < marks.length && marks[index].start < line.end; index++) {
      const from = Math.max(at, marks[index].start - line.start);
      const to = Math.min(text.length, marks[index].end - line.start);
      if (to <= from) continue;
      nodes.push(document.createTextNode(text.slice(at, from)), h("mark", { class: marks[index].kind, text: text.slice(from, to) }));
      at = to;
    }
    if (nodes.length || line.node.childNodes.length > 1) {
      line.node.replaceChildren(...nodes, document.createTextNode(text.slice(at)));
    }
  }
}
