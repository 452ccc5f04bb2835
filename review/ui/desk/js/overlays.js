// What comes over or beside the text on demand: guideline drawer, find bar.

import { button, h, kbd } from "./dom.js";
import { actKey } from "./keys.js";

/** The guideline beside the text. Written by leads: headings, lists, bold and code, all as text nodes. */
export class Guideline {
  #body = h("div", { class: "guide" });
  #title = h("span", { class: "t2" });
  #find;
  #top = 0; // where the reader was in it

  constructor(onClose) {
    this.#find = h("input", { type: "search", class: "inp", placeholder: "Find in the guideline", "aria-label": "Find in the guideline" });
    this.#find.addEventListener("input", () => this.#filter());
    this.node = h(
      "aside",
      { class: "drawer", "aria-label": "Guideline", tabindex: "-1", hidden: true },
      h("div", { class: "rowb head" }, h("h2", { text: "Guideline" }), this.#title, h("span", { class: "grow" }), button({ class: "tb", on: { click: onClose } }, "Close", actKey("guideline"))),
      this.#find,
      this.#body,
    );
  }

  show(rubric) {
    this.#title.textContent = `version ${rubric.version}`;
    const rows = (named) => h("div", { class: "reasons" }, ...named.map(([key, text]) => h("div", {}, kbd(key), h("span", { text }))));
    const hinted = Object.entries(rubric.hints).filter(([, hint]) => hint);
    const verdicts = hinted.map(([name, hint]) => [rubric.acts[name].key, `${rubric.acts[name].name}: ${hint}`]);
    const anchored = rubric.anchors.map((text, score) => [String(score), text]).filter(([, text]) => text);
    this.#body.replaceChildren(
      ...markdown(rubric.guideline),
      ...(verdicts.length ? [h("h3", { text: "Verdicts" }), rows(verdicts)] : []),
      ...(anchored.length ? [h("h3", { text: "Scores" }), rows(anchored)] : []),
      h("h3", { text: "Reasons" }),
      rows(rubric.reasons.map(({ key, name }) => [key, name])),
    );
  }

  /** Open or close it. It takes the focus, so that scroll and page keys move in it, and comes back where it was. */
  toggle(on = this.node.hidden) {
    this.#find.blur();
    if (!on) this.#top = this.node.scrollTop;
    this.node.hidden = !on;
    if (!on) return on;
    this.node.focus({ preventScroll: true });
    this.node.scrollTop = this.#top;
    return on;
  }

  /** Scroll by whole pages, or by lines. */
  move(pages, lines = 0) {
    this.node.scrollBy({ top: pages * this.node.clientHeight * 0.88 + lines * 60 });
  }

  #filter() {
    const wanted = this.#find.value.trim().toLowerCase();
    for (const node of this.#body.children) node.hidden = wanted !== "" && !node.textContent.toLowerCase().includes(wanted);
  }
}

/** A little Markdown: #, -, 1., **bold**, `code`, blank lines. Anything else stays as it is written. */
export function markdown(text) {
  const nodes = [];
  let list = null;
  let lines = [];
  const flush = () => {
    if (lines.length) nodes.push(h("p", {}, ...inline(lines.join(" "))));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const heading = /^#{1,4}\s+(.+)$/.exec(line);
    const bullet = /^\s*(?:[-*]|\d+[.)])\s+(.+)$/.exec(line);
    if (!bullet) list = null;
    if (heading) {
      flush();
      nodes.push(h("h3", {}, ...inline(heading[1])));
    } else if (bullet) {
      flush();
      if (!list) nodes.push((list = h("ul")));
      list.append(h("li", {}, ...inline(bullet[1])));
    } else if (!line.trim()) {
      flush();
    } else {
      lines.push(line.trim());
    }
  }
  flush();
  return nodes;
}

function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**") && part.length > 4) return h("b", { text: part.slice(2, -2) });
    if (part.startsWith("`") && part.length > 2) return h("code", { text: part.slice(1, -1) });
    return document.createTextNode(part);
  });
}

/** Find in the text. Enter goes on, Shift+Enter goes back, Esc closes. */
export class FindBar {
  #field = h("input", { type: "search", class: "inp", placeholder: "Find in this document", "aria-label": "Find in this document" });
  #said = h("span", { class: "t2 nw", role: "status" });
  #reader;

  constructor(reader, onClose) {
    this.#reader = reader;
    this.node = h("div", { class: "find", hidden: true }, this.#field, this.#said, button({ class: "tb", on: { click: onClose } }, "Close", kbd("Esc")));
    this.#field.addEventListener("input", () => {
      this.#number = reader.find(this.#field.value);
      this.#said.textContent = this.#field.value ? (this.#number ? `${this.#number} found` : "not found") : "";
      if (this.#number) this.#step(1);
    });
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.#step(event.shiftKey ? -1 : 1);
    });
  }

  #number = 0;

  open() {
    this.node.hidden = false;
    this.#field.focus();
    this.#field.select();
  }

  close() {
    if (this.node.hidden) return false;
    this.#field.blur(); // a hidden field keeps the focus until the next frame, and would swallow a quick key
    this.node.hidden = true;
    this.#reader.endFind();
    return true;
  }

  #step(direction) {
    const at = this.#reader.stepFound(direction);
    if (at) this.#said.textContent = `${at} of ${this.#number}`;
  }
}
