// The rows before and after the document in its shard: to look at, never to judge. That they were opened is recorded.

import { button, count, h } from "./dom.js";
import { ask } from "./ask.js";
import { actKey } from "./keys.js";

export class Around {
  #body = h("div", { class: "rows" });
  #shownFor = null; // doc_id
  #seen = []; // offsets of rows that were shown with the current document

  constructor(onClose) {
    this.node = h(
      "aside",
      { class: "drawer around", "aria-label": "Rows around this document", tabindex: "-1", hidden: true },
      h("div", { class: "rowb head" }, h("h2", { text: "Rows around this one" }), h("span", { class: "grow" }), button({ class: "tb", on: { click: onClose } }, "Close", actKey("neighbours"))),
      h("p", { class: "t2", text: "To look at only: your verdict is about the document in the column. That you looked is stored with it." }),
      this.#body,
    );
  }

  /** Offsets of the rows that were shown beside the current document: -1 is the row before. */
  get seen() {
    return this.#seen;
  }

  /** Another document: what was open closes. */
  begin() {
    if (!this.node.hidden) this.node.hidden = true;
    this.#seen = [];
    this.#shownFor = null;
  }

  async toggle(seat, item, on = this.node.hidden) {
    this.node.hidden = !on;
    if (!on) return;
    this.node.focus({ preventScroll: true });
    if (this.#shownFor === item.doc_id) return;
    this.#shownFor = item.doc_id;
    this.#body.replaceChildren(h("p", { class: "t2", role: "status", text: "Reading the shard…" }));
    const reply = await ask(seat, seat.around, { doc_id: item.doc_id });
    if (this.#shownFor !== item.doc_id) return; // the reader went on meanwhile
    if (reply.error) {
      this.#shownFor = null;
      this.#body.replaceChildren(h("p", { role: "alert", text: reply.error }));
      return;
    }
    this.#seen = reply.rows.map(({ offset }) => offset);
    this.#body.replaceChildren(...(reply.rows.length ? reply.rows.map(rowNode) : [h("p", { class: "t2", text: "There are no other documents near it." })]));
  }

  move(pages, lines = 0) {
    this.node.scrollBy({ top: pages * this.node.clientHeight * 0.88 + lines * 60 });
  }
}

function rowNode({ offset, text, length }) {
  const far = Math.abs(offset) === 1 ? "the row" : `${Math.abs(offset)} rows`;
  const cut = text.length < length ? `, its first ${count(text.length)} here` : "";
  const lines = text.split("\n").map((line) => h("div", { class: "nl", dir: "auto", text: line }));
  return h(
    "section",
    {},
    h("h3", { text: `${far} ${offset < 0 ? "before" : "after"}` }, h("span", { class: "grow" }), h("span", { class: "t2", text: `${count(length)} characters${cut}` })),
    h("div", { class: "ntext", translate: "no" }, ...lines),
  );
}
