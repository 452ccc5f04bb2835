// Active seconds on one document. A gap longer than IDLE counts as IDLE: somebody went for coffee.

export const IDLE = 60;

export class Timer {
  #total = 0;
  #last = null; // time of the last sign of life in ms; null while stopped
  #now;
  #touched;

  constructor(now = () => performance.now()) {
    this.#now = now;
    this.#touched = now();
  }

  /** Seconds since the reader's last sign of life, whether the timer runs or not. */
  get quiet() {
    return (this.#now() - this.#touched) / 1000;
  }

  /** Begin a document that already took `seconds`. */
  start(seconds) {
    this.#total = seconds;
    this.#last = this.#now();
  }

  /** A key, a click, a scroll: the reader is here. Does not start a stopped timer. */
  touch() {
    this.#touched = this.#now();
    if (this.#last === null) return;
    this.#total = this.read();
    this.#last = this.#now();
  }

  stop() {
    this.#total = this.read();
    this.#last = null;
  }

  go() {
    this.#touched = this.#now();
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
