// The way back: what was judged in this tab, newest last, over reloads too.

const KEPT = 200; // steps remembered
const LATER = 60; // ms

export class Trail {
  #key;
  #past = [];
  #future = [];
  #later = null;

  constructor(space, tab) {
    this.#key = `${space}:trail:${tab.id}`;
    try {
      const kept = JSON.parse(localStorage.getItem(this.#key) ?? "{}");
      if (Array.isArray(kept.past)) this.#past = kept.past;
      if (Array.isArray(kept.future)) this.#future = kept.future;
    } catch {
      // An unreadable trail costs the way back over a reload, nothing else.
    }
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /** A verdict was given; what was undone before can no longer be redone. */
  push(label, title) {
    this.#past.push({ label, title });
    this.#future = [];
    this.#keep();
  }

  /** The last judgement, moved to the redo side; null when there is none. */
  back() {
    const step = this.#past.pop();
    if (!step) return null;
    this.#future.push(step);
    this.#keep();
    return step;
  }

  /** The judgement last undone, moved back; `label` is what replaces it. */
  forward(label) {
    const step = this.#future.pop();
    this.#past.push({ ...step, label });
    this.#keep();
  }

  peekForward() {
    return this.#future.at(-1) ?? null;
  }

  /** Write the trail down: soon, when the next document is on the screen, or at once when the page closes. */
  #keep() {
    this.#past = this.#past.slice(-KEPT);
    this.#later ??= setTimeout(() => this.write(), LATER);
  }

  write() {
    if (this.#later === null) return;
    clearTimeout(this.#later);
    this.#later = null;
    try {
      localStorage.setItem(this.#key, JSON.stringify({ past: this.#past, future: this.#future }));
    } catch {
      // Full storage belongs to the labels; the trail still works until a reload.
    }
  }
}
