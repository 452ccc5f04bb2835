// Documents put off: which they are and what was chosen for them so far, over reloads too. Their leases stay with this
// tab; when the tab leaves they go back to everybody, as every unjudged document does.

import { titleOf } from "./queue.js";

const PUT_OFF = 24; // put off at once: more would be hoarding

export class Later {
  #key = null;
  #entries = new Map(); // doc_id -> {title, draft}, oldest first
  #changed;

  constructor(changed) {
    this.#changed = changed;
  }

  /** Names of the documents put off, oldest first. */
  get names() {
    return [...this.#entries.keys()];
  }

  get entries() {
    return [...this.#entries].map(([name, { title }]) => ({ name, title }));
  }

  /** Read what an earlier page of this tab put off; returns [doc_id, draft] of each. */
  begin(space, tab) {
    this.#key = `${space}:later:${tab.id}`;
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "[]");
      this.#entries = new Map(kept.filter(([name, entry]) => name && entry?.draft));
    } catch {
      // Unreadable: the documents come back as any others.
    }
    this.#changed();
    return [...this.#entries].map(([name, { draft }]) => [name, draft]);
  }

  /** Why no further document can be put off now, or null. */
  why(queue) {
    if (this.#entries.size >= PUT_OFF) return `${PUT_OFF} documents wait for later already. Judge some of them first.`;
    return queue.length + queue.asideNames.length > 1 ? null : "There is no other document to go on with.";
  }

  add(item, draft) {
    this.#entries.set(item.doc_id, { title: titleOf(item), draft: { ...draft, reasons: [...draft.reasons] } });
    this.#keep();
  }

  /** These are the only ones still put off. */
  keepOnly(names) {
    const before = this.#entries.size;
    const still = new Set(names);
    for (const name of this.#entries.keys()) if (!still.has(name)) this.#entries.delete(name);
    if (this.#entries.size !== before) this.#keep();
  }

  #keep() {
    try {
      localStorage.setItem(this.#key, JSON.stringify([...this.#entries]));
    } catch {
      // Full storage belongs to the labels: after a reload they come back at once instead of later.
    }
    this.#changed();
  }
}
