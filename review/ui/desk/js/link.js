// The line to the server: one message in flight, sent again until it is answered. Every message may be sent twice.

const PATIENCE = 6_000; // ms without an answer before the server counts as away
const ABANDON = 60_000; // ms after which even a late answer is no longer waited for
const LONGEST_WAIT = 15; // s between tries
const PARTING = 60_000; // bytes: browsers let a page that closes say no more than 64 KiB

export class Link {
  #seat;
  #compose;
  #on;
  #n = Date.now(); // grows over reloads too: in a log, messages stand in order
  #flight = null; // {n, timer}
  #dirty = false;
  #failures = 0;
  #retry = null; // {timer, at}
  #soon = null;
  #stopped = true;
  since = null; // time the line went away in ms, null while it works

  /**
   * `seat`: {exchange, secret}, where to and who says it. `compose()` makes the next message. `on`: reply(reply, late),
   * state() when the line came or went, stranger() when the server does not know the seat, tooLong() when it finds a
   * message too long.
   */
  constructor(seat, compose, on) {
    this.#seat = seat;
    this.#compose = compose;
    this.#on = on;
  }

  /** Begin to talk. */
  start() {
    this.#stopped = false;
    this.tryNow();
  }

  /** The seat as the server knows it now. */
  sit(seat) {
    if (seat.secret === this.#seat.secret) return;
    this.#seat = seat;
    // Whatever is under way went to a server that is gone, or was said by a stranger.
    this.#land();
    if (!this.#stopped) this.tryNow();
  }

  get offline() {
    return this.since !== null;
  }

  /** Seconds until the next try; null when none is planned. */
  get retryIn() {
    return this.#retry ? Math.max(0, Math.ceil((this.#retry.at - Date.now()) / 1000)) : null;
  }

  /** There is something to say. Said at once, or as soon as the answer under way is here. */
  nudge() {
    if (this.#flight) this.#dirty = true;
    else if (!this.#retry) this.#later();
  }

  /** Try now, whatever was planned. */
  tryNow() {
    clearTimeout(this.#retry?.timer);
    this.#retry = null;
    if (!this.#flight) this.#send();
  }

  /** The browser says that the network went away. */
  lost() {
    if (this.since === null) this.since = Date.now();
    this.#on.state();
  }

  /** The page closes: say what is left, and that it leaves. Nobody waits for the answer; false when it is too long. */
  part(message) {
    const body = JSON.stringify({ ...message, n: ++this.#n });
    if (new Blob([body]).size > PARTING) return false;
    fetch(...this.#request(body, { keepalive: true })).catch(() => {});
    return true;
  }

  stop() {
    this.#stopped = true;
    this.#land();
    clearTimeout(this.#retry?.timer);
    clearTimeout(this.#soon);
  }

  #later() {
    // After the paint that the key asked for, not before it.
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      if (!this.#flight && !this.#stopped) this.#send();
    }, 30);
  }

  async #send() {
    const n = ++this.#n;
    this.#dirty = false;
    const flight = { n, timer: setTimeout(() => this.#failed(), PATIENCE) };
    this.#flight = flight;
    const body = JSON.stringify({ ...this.#compose(), n });
    let status = 0;
    let reply = null;
    try {
      const response = await fetch(...this.#request(body, { signal: AbortSignal.timeout?.(ABANDON) }));
      status = response.status;
      reply = await response.json();
    } catch {
      // Nobody there, cut off on the way, or a proxy's page of its own: sent again.
    }
    if (!this.#stopped) this.#heard(flight, status, reply);
  }

  #request(body, more) {
    const headers = { "Content-Type": "application/json", "X-Desk-Seat": this.#seat.secret };
    return [new URL(this.#seat.exchange, location.origin), { method: "POST", cache: "no-store", headers, body, ...more }];
  }

  #heard(flight, status, reply) {
    const late = flight !== this.#flight; // came after we gave up on it: what is stored is stored, the rest is old
    if (status !== 200 || typeof reply?.n !== "number") {
      if (late) return;
      if (status === 403) this.#on.stranger();
      else if (status === 413) this.#on.tooLong();
      else if (reply?.error) this.#on.reply(reply, false);
      this.#failed();
      return;
    }
    this.#on.reply(reply, late);
    if (late) return void this.nudge();
    this.#land();
    if (reply.error) return void this.#failed();
    this.#failures = 0;
    this.since = null;
    this.#on.state();
    if (this.#dirty) this.#later();
  }

  #land() {
    clearTimeout(this.#flight?.timer);
    this.#flight = null;
  }

  #failed() {
    this.#land();
    this.#failures += 1;
    if (this.since === null) this.since = Date.now();
    const wait = Math.min(2 ** this.#failures, LONGEST_WAIT) * 1000;
    clearTimeout(this.#retry?.timer);
    this.#retry = { at: Date.now() + wait, timer: setTimeout(() => this.tryNow(), wait) };
    this.#on.state();
  }
}
