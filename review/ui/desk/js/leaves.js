// One leaf is read; behind it lies the one that comes next, laid out and out of sight, so that a key only turns it over.

import { h, idle } from "./dom.js";

export class Leaves {
  #front = null; // leaf that is seen
  #behind = null; // leaf that comes next

  /** `node` holds the leaves. */
  constructor(node) {
    this.node = node;
  }

  /** Lay `content`, an element, behind what is seen. */
  layBehind(content) {
    if (held(this.#front) === content || held(this.#behind) === content) return;
    this.#behind?.remove();
    this.#behind = h("div", { class: "leaf behind" }, content);
    this.node.append(this.#behind);
    content.getBoundingClientRect(); // asked for, what is hidden is laid out
  }

  /** Show `content` on a leaf of this class: turned over where it lies behind, else put there anew. */
  show(content, name) {
    if (held(this.#front) === content) return;
    const before = this.#front;
    if (held(this.#behind) === content) {
      this.#front = this.#behind;
      this.#behind = null;
      this.#front.className = `leaf ${name}`;
    } else {
      this.#front = h("div", { class: `leaf ${name}` }, content);
      this.node.prepend(this.#front);
    }
    if (before) putAway(before);
  }
}

/** Out of sight at once; taken apart when there is time. */
function putAway(leaf) {
  leaf.className = "leaf gone";
  idle().then(() => leaf.remove());
}

function held(leaf) {
  return leaf?.firstElementChild ?? null;
}
