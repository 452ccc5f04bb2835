// A document as lines of text nodes. Exact for reading and copying, quick for two words and for ten million.

import { count, h } from "./dom.js";
import { findMarks, sharedLines } from "./evidence.js";
import { reveal } from "./hidden.js";

const LONG = 60_000; // characters: longer documents begin as beginning, middle and end
const WINDOWS = [24_000, 12_000, 12_000];
const PIECE = 6_000; // characters: a longer line is laid out in pieces, so that no one text node hangs the browser
const BLOCK = 900; // estimated pixels: one block is laid out only when it comes near the screen
const COLUMN = 70; // letters in a line, for estimates
const MANY_BLANK = 24; // blank lines in a row, from which on they are said instead of shown: a screen of them looks empty

const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g;
const LEFT_TO_RIGHT = /[A-Za-z\u00c0-\u024f\u0370-\u058f\u0900-\u1fff]/g;

/**
 * A document ready for the screen: `node`, `lines` [{node, text, start, end, top}], `text` (what is shown, windows
 * joined), `marks`, `gaps`, `height` (estimated). `top` and `height` are estimates in pixels.
 *
 * `item.parts` are [{start, line, text}]: more than one when the server sent only beginning, middle and end; `start`
 * counts UTF-16 units before it, as offsets here do, `line` the lines.
 */
export function prepare(item, { all = false, hidden = false } = {}) {
  const windows = windowsOf(item, all);
  const text = windows.map((part) => part.text).join("\n");
  const sample = text.slice(0, 4_000);
  const rtl = (sample.match(RIGHT_TO_LEFT)?.length ?? 0) > (sample.match(LEFT_TO_RIGHT)?.length ?? 0);
  const prose = { item, text, windows, rtl, all, whole: windows.length === 1, lines: [], gaps: [], height: 0, node: null };
  prose.marks = findMarks(text, sharedLines(windows, item.shared));
  prose.node = layOut(prose, hidden);
  return prose;
}

/** What of the document is on the screen, for the label: `whole`, or the UTF-16 spans of each part that were shown. */
export function shownOf(prose) {
  if (prose.whole) return { whole: true };
  return { whole: false, parts: prose.windows.map(({ start, text }) => [start, start + text.length]) };
}

function windowsOf(item, all) {
  if (item.parts.length > 1 || all) return item.parts;
  const { text } = item.parts[0];
  if (text.length <= LONG) return item.parts;
  const middle = Math.floor((text.length - WINDOWS[1]) / 2);
  const cuts = [
    [0, seam(text, WINDOWS[0])],
    [seam(text, middle), seam(text, middle + WINDOWS[1])],
    [seam(text, text.length - WINDOWS[2]), text.length],
  ];
  const windows = [];
  let line = 0;
  let counted = 0;
  for (const [start, end] of cuts) {
    for (let at = text.indexOf("\n", counted); at >= 0 && at < start; at = text.indexOf("\n", at + 1)) line += 1;
    counted = Math.max(counted, start);
    windows.push({ start, line, text: text.slice(start, end).replace(/\n$/, "") });
  }
  return windows;
}

/** A good place to cut near `at`: after a line end or a space, never inside a character. */
function seam(text, at) {
  const near = text.slice(at, at + 400);
  const newline = near.indexOf("\n");
  if (newline >= 0) return at + newline + 1;
  const space = near.search(/\s/);
  if (space >= 0) return at + space + 1;
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}

function layOut(prose, hidden) {
  const node = h("div", { class: prose.rtl ? "prose rtl" : "prose", translate: "no" });
  const size = prose.rtl ? 37 : 30;
  const tight = isTight(prose.text);
  const gap = tight ? 0 : 10;
  let block = null;
  let blockTop = 0;
  let offset = 0;
  const close = () => {
    if (block) block.style.containIntrinsicBlockSize = `auto ${prose.height - blockTop}px`;
  };
  const open = () => {
    close();
    block = h("div", { class: tight ? "blk tight" : "blk" });
    blockTop = prose.height;
    node.append(block);
  };
  prose.windows.forEach((part, index) => {
    if (index > 0) {
      close();
      block = null;
      node.append(gapRow(prose, index));
      prose.height += 90;
    }
    let number = part.line;
    const lines = part.text.split("\n");
    let blankTo = 0; // where the run of blank lines ends that began last
    let folded = false; // whether it is a long one, of which the first says how many they are
    for (const [at, line] of lines.entries()) {
      number += 1;
      const begins = at >= blankTo && !line.trim();
      if (begins) {
        blankTo = at + 1;
        while (blankTo < lines.length && !lines[blankTo].trim()) blankTo += 1;
        folded = blankTo - at >= MANY_BLANK;
      }
      const fold = folded && at < blankTo ? (begins ? "says" : "folded") : "";
      for (const [from, to] of pieces(line)) {
        if (!block || prose.height - blockTop > BLOCK) open();
        const text = line.slice(from, to);
        const shown = hidden ? reveal(text) : text;
        const row = h("div", { class: rowClass(line, to), dir: "auto" }, document.createTextNode(shown));
        if (from === 0 && line.trim()) row.dataset.n = number;
        if (fold) row.classList.add(fold);
        if (fold === "says") row.dataset.blank = `${count(blankTo - at)} blank lines`;
        block.append(row);
        prose.lines.push({ node: row, text: row.firstChild, start: offset + from, end: offset + to, top: prose.height });
        if (fold) prose.height += fold === "says" ? size : 0;
        else prose.height += line ? Math.ceil((to - from) / COLUMN || 1) * size + gap : 6;
      }
      offset += line.length + 1;
    }
  });
  close();
  return node;
}

function rowClass(line, to) {
  if (!line.trim()) return "ln blank";
  return to < line.length ? "ln piece" : "ln";
}

function pieces(line) {
  if (line.length <= PIECE) return [[0, line.length]];
  const cuts = [];
  let from = 0;
  while (line.length - from > PIECE) {
    const to = seam(line, from + PIECE - 400);
    cuts.push([from, to]);
    from = to;
  }
  cuts.push([from, line.length]);
  return cuts;
}

/** Poems, lists and hard-wrapped text: short lines stand close, or a page of them falls apart. */
function isTight(text) {
  const lines = text.slice(0, 8_000).split("\n").filter((line) => line.trim());
  if (lines.length < 8) return false;
  const lengths = lines.map((line) => line.length).sort((a, b) => a - b);
  return lengths[Math.floor(lengths.length * 0.9)] <= 100 && lengths[Math.floor(lengths.length / 2)] >= 20;
}

function gapRow(prose, index) {
  const before = prose.windows[index - 1];
  const missing = prose.windows[index].start - (before.start + before.text.length);
  const row = h("div", { class: "gap", contenteditable: "false" }, `${count(missing)} characters are not shown here`);
  prose.gaps.push(row);
  return row;
}

/** Line that holds an offset of the shown text. */
export function lineAt(prose, offset) {
  let low = 0;
  let high = prose.lines.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (prose.lines[middle].start <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Ranges of the DOM that cover the shown text from `start` to `end`. */
export function rangesOf(prose, start, end) {
  const ranges = [];
  for (let at = lineAt(prose, start); at < prose.lines.length && prose.lines[at].start < end; at++) {
    const line = prose.lines[at];
    const from = Math.max(0, start - line.start);
    const to = Math.min(line.end, end) - line.start;
    if (to <= from) continue;
    ranges.push(
      new StaticRange({ startContainer: line.text, startOffset: from, endContainer: line.text, endOffset: to }),
    );
  }
  return ranges;
}

/** Offset in the shown text of a place in the DOM, null outside the document. */
export function offsetOf(prose, container, offset) {
  for (const line of prose.lines) {
    if (line.text === container) return line.start + offset;
    if (line.node === container) return offset === 0 ? line.start : line.end;
  }
  return null;
}
