// The reading column: one document, its marks, the ruler at the edge, and the ways to move in it.

import { button, h, idle, write } from "./dom.js";
import { KINDS } from "./evidence.js";
import { clearPaint, paintFound, paintMarks, paintSigns, readyMarks } from "./highlight.js";
import { signs } from "./hidden.js";
import { Leaves } from "./leaves.js";
import { lineAt, offsetOf, prepare } from "./prose.js";

const READY = 3; // documents laid out ahead of the reader

export class Reader {
  #ready = new Map(); // doc_id -> prose, laid out ahead
  #scroll;
  #ruler;
  #view;
  #source;
  #leaves = new Leaves(h("div", { class: "sheet" }));
  #mark = -1;
  #found = [];
  #at = -1;
  #frame = 0;
  #aheads = 0; // calls of `ahead`: the last one has the say
  #onShowAll;
  on = new Set(Object.keys(KINDS)); // kinds of mark that are shown
  marksOn = true;
  hidden = false;
  prose = null;

  /** `tools`: the row above the text (see tools.js). */
  constructor({ onShowAll, tools }) {
    this.#onShowAll = onShowAll;
    this.#source = tools.source;
    this.hiddenButton = tools.hidden;
    this.#view = h("i", { class: "vp" });
    this.#ruler = h("div", { class: "ruler", "aria-hidden": "true" }, this.#view);
    this.#ruler.addEventListener("click", (event) => this.#jump(event));
    this.#scroll = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Document text" });
    this.#scroll.append(h("div", { class: "column" }, tools.node, this.#leaves.node));
    this.#scroll.addEventListener("scroll", () => this.#later(), { passive: true });
    this.node = h("section", { class: "read", "aria-label": "Document" }, this.#scroll, this.#ruler);
    this.node.addEventListener("copy", (event) => this.#copy(event));
  }

  /** Put a document on the screen. */
  show(item, options = {}) {
    const moved = this.#scroll.scrollTop !== 0; // asked now: after the swap it would cost a layout before its time
    this.#swap(this.#take(item, options));
    if (moved) this.#scroll.scrollTop = 0;
    write(this.#source, item.source ?? "");
  }

  /** Anything but a document: an empty queue, a pause. */
  showNode(node) {
    clearPaint();
    this.prose = null;
    this.#source.textContent = "";
    this.#leaves.show(node, "none");
    this.#ruler.replaceChildren();
    this.node.classList.add("bare");
  }

  /**
   * Make the documents that come next ready, and lay the first of them out behind the one on the screen; returns that
   * one, or null.
   */
  async ahead(items) {
    const call = ++this.#aheads;
    const wanted = new Set(items.slice(0, READY).map((item) => item.doc_id));
    if (this.prose) wanted.add(this.prose.item.doc_id);
    for (const id of this.#ready.keys()) if (!wanted.has(id)) this.#ready.delete(id);
    for (const item of items.slice(0, READY)) {
      if (this.#ready.has(item.doc_id)) continue;
      await idle();
      if (call !== this.#aheads) return null;
      const prose = prepare(item, { hidden: this.hidden });
      readyMarks(prose);
      this.#ready.set(item.doc_id, prose);
    }
    await idle();
    const next = this.#ready.get(items[0]?.doc_id);
    if (call !== this.#aheads || !next) return null;
    this.#layBehind(next);
    return next.item;
  }

  /** The whole of a long document. */
  showAll(item) {
    const top = this.#scroll.scrollTop;
    this.#swap(prepare(item, { all: true, hidden: this.hidden }));
    this.#scroll.scrollTop = top;
  }

  setHidden(hidden) {
    this.hidden = hidden;
    this.hiddenButton.setAttribute("aria-pressed", String(hidden));
    this.node.classList.toggle("hid", hidden);
    this.#ready.clear();
    if (!this.prose) return;
    const top = this.#scroll.scrollTop;
    this.#swap(prepare(this.prose.item, { all: this.prose.all, hidden }));
    this.#scroll.scrollTop = top;
  }

  /** Scroll by whole pages, or by lines. */
  move(pages, lines = 0) {
    this.#scroll.scrollBy({ top: pages * this.#scroll.clientHeight * 0.88 + lines * 60 });
  }

  get scroller() {
    return this.#scroll;
  }

  setMarks() {
    if (!this.prose) return;
    paintMarks(this.prose, this.marksOn ? this.on : new Set());
    this.#later(true);
  }

  end(bottom) {
    this.#scroll.scrollTop = bottom ? this.#scroll.scrollHeight : 0;
  }

  /** Go to the next (1) or earlier (-1) shown mark; returns it, or null when there is none. */
  stepMark(direction) {
    const marks = this.prose && this.marksOn ? this.prose.marks.filter((mark) => this.on.has(mark.kind)) : [];
    if (!marks.length) return null;
    this.#mark = (this.#mark + direction + (this.#mark < 0 && direction < 0 ? 1 : 0) + marks.length) % marks.length;
    this.#goTo(marks[this.#mark]);
    return { ...marks[this.#mark], place: this.#mark + 1, of: marks.length };
  }

  /** Look for words; returns how many places hold them. */
  find(words) {
    this.#found = [];
    this.#at = -1;
    const text = this.prose?.text.toLowerCase() ?? "";
    const wanted = words.toLowerCase();
    for (let at = wanted ? text.indexOf(wanted) : -1; at >= 0; at = text.indexOf(wanted, at + wanted.length)) {
      this.#found.push({ start: at, end: at + wanted.length });
      if (this.#found.length >= 2_000) break;
    }
    if (this.prose) paintFound(this.prose, this.#found, null);
    return this.#found.length;
  }

  /** Go to the next or earlier found place; returns its number, from 1. */
  stepFound(direction) {
    if (!this.#found.length) return 0;
    this.#at = (this.#at + direction + this.#found.length + (this.#at < 0 && direction < 0 ? 1 : 0)) % this.#found.length;
    this.#goTo(this.#found[this.#at]);
    return this.#at + 1;
  }

  endFind() {
    this.#found = [];
    if (this.prose) paintFound(this.prose, [], null);
  }

  stop() {
    clearPaint();
    cancelAnimationFrame(this.#frame);
  }

  #take(item, options) {
    const ready = this.#ready.get(item.doc_id);
    return ready && !options.all ? ready : prepare(item, { ...options, hidden: this.hidden });
  }

  #swap(prose) {
    this.prose = prose;
    this.#mark = -1;
    this.#found = [];
    prose.gaps.forEach((row) => {
      if (row.childElementCount === 0) row.append(button({ class: "btn", on: { click: this.#onShowAll } }, "Show all"));
    });
    this.node.classList.toggle("rtlw", prose.rtl);
    this.node.classList.remove("bare");
    this.#leaves.show(prose.node, "tx");
    paintMarks(prose, this.marksOn ? this.on : new Set());
    paintFound(prose, [], null);
    paintSigns(prose, this.hidden ? signs(prose.text) : []);
    this.#later(true);
  }

  #layBehind(prose) {
    this.#leaves.layBehind(prose.node);
    // Blocks in view must be there with the first frame, which is before the browser knows that they are in view.
    let room = this.#scroll.clientHeight;
    for (const block of prose.node.children) {
      if (room <= 0) break;
      block.classList.add("near");
      room -= block.getBoundingClientRect().height;
    }
  }

  #goTo(span) {
    paintFound(this.prose, this.#found, span);
    const line = this.prose.lines[lineAt(this.prose, span.start)];
    line.node.scrollIntoView({ block: "center" });
    // A line of a thousand words: its start may be far above the place.
    const range = document.createRange();
    const offset = Math.min(span.start - line.start, line.text.length);
    range.setStart(line.text, offset);
    range.setEnd(line.text, Math.min(offset + 1, line.text.length));
    const place = range.getBoundingClientRect();
    const view = this.#scroll.getBoundingClientRect();
    if (place.height && (place.top < view.top + 20 || place.bottom > view.bottom - 20)) {
      this.#scroll.scrollBy({ top: place.top - view.top - view.height / 2 });
    }
  }

  #jump(event) {
    const box = this.#ruler.getBoundingClientRect();
    const share = (event.clientY - box.top) / box.height;
    this.#scroll.scrollTop = share * this.#scroll.scrollHeight - this.#scroll.clientHeight / 2;
  }

  #later(marks = false) {
    // The ruler is drawn after the text is on the screen: it must not cost the reader a frame.
    cancelAnimationFrame(this.#frame);
    if (marks) this.#ruler.dataset.stale = "1";
    this.#frame = requestAnimationFrame(() => setTimeout(() => this.#drawRuler()));
  }

  #drawRuler() {
    if (!this.prose) return;
    const total = this.#scroll.scrollHeight || 1;
    this.#view.hidden = total <= this.#scroll.clientHeight;
    this.#view.style.top = `${(this.#scroll.scrollTop / total) * 100}%`;
    this.#view.style.height = `${Math.min(1, this.#scroll.clientHeight / total) * 100}%`;
    if (!this.#ruler.dataset.stale) return;
    delete this.#ruler.dataset.stale;
    const { node, height } = this.prose;
    const stretch = node.offsetHeight / (height || 1);
    const head = node.getBoundingClientRect().top - this.#scroll.getBoundingClientRect().top + this.#scroll.scrollTop;
    const ticks = [];
    const taken = new Set();
    for (const mark of this.marksOn ? this.prose.marks : []) {
      if (!this.on.has(mark.kind)) continue;
      const place = (head + this.prose.lines[lineAt(this.prose, mark.start)].top * stretch) / total;
      const slot = Math.round(place * 250);
      if (taken.has(slot)) continue; // ticks closer than a tick is high
      taken.add(slot);
      const tick = h("i", { class: mark.kind });
      tick.style.top = `${place * 100}%`;
      ticks.push(tick);
    }
    this.#ruler.replaceChildren(this.#view, ...ticks);
  }

  #copy(event) {
    const root = this.node.getRootNode();
    const selection = root.getSelection ? root.getSelection() : getSelection();
    if (!this.prose || !selection || selection.isCollapsed) return;
    const one = offsetOf(this.prose, selection.anchorNode, selection.anchorOffset);
    const other = offsetOf(this.prose, selection.focusNode, selection.focusOffset);
    if (one === null || other === null) return;
    event.clipboardData.setData("text/plain", this.prose.text.slice(Math.min(one, other), Math.max(one, other)));
    event.preventDefault();
  }
}
