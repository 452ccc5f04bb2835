// What comes over the text on demand: the find bar.

import { button, h, kbd } from "./dom.js";

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
