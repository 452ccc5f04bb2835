// Which parts of the document came into view: kept with the label, because a verdict says little about what was not seen.

const SETTLED = 120; // ms after the last scroll
const SPANS = 40; // spans kept; beyond, the two nearest become one

export class Seen {
  #scroll;
  #prose = null;
  #spans = []; // [start, end] of the document, in order, apart from each other
  #blocks = new WeakMap(); // prose -> [{node, first, last}]: line numbers of each block
  #timer = null;

  /** `scroll` is the element that scrolls. */
  constructor(scroll) {
    this.#scroll = scroll;
    scroll.addEventListener("scroll", () => this.#later(), { passive: true });
  }

  /** Another document is on the screen, or null. */
  begin(prose) {
    this.#prose = prose;
    this.#spans = [];
    this.#later();
  }

  /** The same document is on the screen in another way: all of it, or with its hidden characters. */
  goOn(prose) {
    this.#look();
    this.#prose = prose;
    this.#later();
  }

  /** What was in view so far, in [start, end] offsets of the whole document. */
  read() {
    this.#look();
    return this.#spans;
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(), SETTLED);
  }

  #look() {
    clearTimeout(this.#timer);
    const { lines } = this.#prose ?? { lines: [] };
    if (!lines.length || !this.#prose.node.isConnected) return;
    const view = this.#scroll.getBoundingClientRect();
    const first = this.#lineAt(view.top, false);
    const last = this.#lineAt(view.bottom, true);
    if (first > last) return;
    for (const [start, end] of inDocument(this.#prose, lines[first].start, lines[last].end)) this.#add(start, end);
  }

  /** The first line that ends below `y`, or the last one that begins above it. Blocks first: far ones are not laid out. */
  #lineAt(y, last) {
    const blocks = this.#blocksOf(this.#prose);
    const passed = (node) => (last ? node.getBoundingClientRect().top < y : node.getBoundingClientRect().bottom <= y);
    const block = firstNot(blocks.length, (at) => passed(blocks[at].node));
    const { first, last: end } = blocks[Math.min(blocks.length - 1, Math.max(0, last ? block - 1 : block))];
    const line = first + firstNot(end - first + 1, (at) => passed(this.#prose.lines[first + at].node));
    return last ? Math.max(first, line - 1) : Math.min(end, line);
  }

  #blocksOf(prose) {
    let blocks = this.#blocks.get(prose);
    if (blocks) return blocks;
    blocks = [];
    prose.lines.forEach(({ node }, at) => {
      const open = blocks.at(-1);
      if (open?.node === node.parentNode) open.last = at;
      else blocks.push({ node: node.parentNode, first: at, last: at });
    });
    this.#blocks.set(prose, blocks);
    return blocks;
  }

  #add(start, end) {
    const spans = [];
    let [from, to] = [start, end];
    for (const span of this.#spans) {
      if (span[1] + 1 < from || span[0] > to + 1) spans.push(span);
      else [from, to] = [Math.min(from, span[0]), Math.max(to, span[1])];
    }
    spans.push([from, to]);
    this.#spans = spans.sort((a, b) => a[0] - b[0]);
    while (this.#spans.length > SPANS) this.#join();
  }

  #join() {
    let nearest = 1;
    const gap = (at) => this.#spans[at][0] - this.#spans[at - 1][1];
    for (let at = 2; at < this.#spans.length; at++) if (gap(at) < gap(nearest)) nearest = at;
    const [, end] = this.#spans.splice(nearest, 1)[0];
    this.#spans[nearest - 1][1] = end;
  }
}

/** How many of the first of `length` things pass, when all that pass stand first. */
function firstNot(length, passes) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (passes(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A span of the shown text as spans of the document: what is shown may be its beginning, middle and end. */
function inDocument(prose, start, end) {
  const found = [];
  let before = 0; // of the shown text
  for (const part of prose.windows) {
    const from = Math.max(start, before);
    const to = Math.min(end, before + part.text.length);
    if (from < to) found.push([part.start + from - before, part.start + to - before]);
    before += part.text.length + 1;
  }
  return found;
}
