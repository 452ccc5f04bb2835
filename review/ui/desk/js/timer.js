// Active seconds on one document. A gap longer than IDLE counts as IDLE: somebody went for coffee.

export const IDLE = 60;

export class Timer {
  #total = 0;
  #last = null; // time of the last sign of life in ms; null while stopped
  #now;

  constructor(now = () => performance.now()) {
    this.#now = now;
  }

  /** Begin a document that already took `seconds`. */
  start(seconds) {
    this.#total = seconds;
    this.#last = this.#now();
  }

  /** A key, a click, a scroll: the reader is here. Does not start a stopped timer. */
  touch() {
    if (this.#last === null) return;
    this.#total = this.read();
    this.#last = this.#now();
  }

  stop() {
    this.#total = this.read();
    this.#last = null;
  }

  go() {
    if (this.#last === null) this.#last = this.#now();
  }

  get running() {
    return this.#last !== null;
  }

  read() {
    if (this.#last === null) return this.#total;
    return this.#total + Math.min((this.#now() - this.#last) / 1000, IDLE);
  }
}
