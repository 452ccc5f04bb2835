// The line to the server: labels go by one link and documents come by another, so that no text that is on its way
// stands between a label and its acknowledgement.

const PATIENCE = 6_000; // ms without an answer before the server counts as away
const ABANDON = 60_000; // ms for the rest of an answer that began, or after which a late one is no longer waited for
const LONGEST_WAIT = 15; // s between tries
const PARTING = 60_000; // bytes: browsers let a page that closes say no more than 64 KiB

/** One message in flight, sent again until it is answered. Every message may be sent twice. */
class Link {
  #seat;
  #compose;
  #on;
  #flight = null; // {timer}
  #dirty = false;
  #failures = 0;
  #retry = null; // {timer, at}
  #soon = null;
  #stopped = true;
  since = null; // time the link went away in ms, null while it works

  /** `compose()` makes the next message, null for none. */
  constructor(seat, compose, on) {
    this.#seat = seat;
    this.#compose = compose;
    this.#on = on;
  }

  start() {
    this.#stopped = false;
    this.tryNow();
  }

  sit(seat) {
    if (seat.secret === this.#seat.secret) return;
    this.#seat = seat;
    // Whatever is under way went to a server that is gone, or was said by a stranger.
    this.#land();
    if (!this.#stopped) this.tryNow();
  }

  /** Time of the next try in ms; null when none is planned. */
  get retryAt() {
    return this.#retry?.at ?? null;
  }

  nudge() {
    if (this.#flight) this.#dirty = true;
    else if (!this.#retry) this.#later();
  }

  tryNow() {
    clearTimeout(this.#retry?.timer);
    this.#retry = null;
    if (!this.#flight) this.#send();
  }

  lost() {
    this.since ??= Date.now();
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
    this.#dirty = false;
    const message = this.#compose();
    if (!message) return this.#works();
    const flight = { timer: setTimeout(() => this.#failed(), PATIENCE) };
    this.#flight = flight;
    let status = 0;
    let reply = null;
    try {
      const response = await fetch(...request(this.#seat, message, { signal: AbortSignal.timeout?.(2 * ABANDON) }));
      if (flight === this.#flight) {
        clearTimeout(flight.timer); // it is there; a long text may take its time on a thin line
        flight.timer = setTimeout(() => this.#failed(), ABANDON);
      }
      status = response.status;
      reply = await response.json();
    } catch {
      // Nobody there, cut off on the way, or a proxy's page of its own: sent again.
    }
    if (!this.#stopped) this.#heard(flight, status, reply);
    return undefined;
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
    this.#works();
    if (this.#dirty) this.#later();
  }

  #works() {
    const back = this.since !== null;
    this.#failures = 0;
    this.since = null;
    this.#on.state();
    if (back) this.#on.back();
  }

  #land() {
    clearTimeout(this.#flight?.timer);
    this.#flight = null;
  }

  #failed() {
    this.#land();
    this.#failures += 1;
    this.lost();
    const wait = Math.min(2 ** this.#failures, LONGEST_WAIT) * 1000;
    clearTimeout(this.#retry?.timer);
    this.#retry = { at: Date.now() + wait, timer: setTimeout(() => this.tryNow(), wait) };
    this.#on.state();
  }
}

function request(seat, message, more) {
  const headers = { "Content-Type": "application/json", "X-Desk-Seat": seat.secret };
  return [
    new URL(seat.exchange, location.origin),
    { method: "POST", cache: "no-store", headers, body: JSON.stringify(message), ...more },
  ];
}

/** Both links, as one line that works or does not. */
export class Line {
  #seat;
  #labels;
  #documents;
  #on;

  /**
   * `seat`: {exchange, secret}, where to and who says it. `labels` and `documents`: {compose(), reply(reply, late)}.
   * `on`: state() when the line came or went, stranger() when the server does not know the seat, tooLong() when it
   * finds a message too long.
   */
  constructor(seat, labels, documents, on) {
    this.#seat = seat;
    this.#on = on;
    const make = ({ compose, reply }, other) => new Link(seat, compose, { ...on, reply, back: () => other().tryNow() });
    this.#labels = make(labels, () => this.#documents);
    this.#documents = make(documents, () => this.#labels);
  }

  /** Begin to talk. */
  start() {
    for (const link of this.#both) link.start();
  }

  /** The seat as the server knows it now. */
  sit(seat) {
    this.#seat = seat;
    for (const link of this.#both) link.sit(seat);
  }

  get offline() {
    return this.since !== null;
  }

  /** Time the line went away in ms, null while it works. */
  get since() {
    const times = this.#both.map((link) => link.since).filter((time) => time !== null);
    return times.length ? Math.min(...times) : null;
  }

  /** Seconds until the next try; null when none is planned. */
  get retryIn() {
    const times = this.#both.map((link) => link.retryAt).filter((time) => time !== null);
    return times.length ? Math.max(0, Math.ceil((Math.min(...times) - Date.now()) / 1000)) : null;
  }

  /** There are labels to send. Sent at once, or as soon as the answer under way is here. */
  nudge() {
    this.#labels.nudge();
  }

  /** There are documents to ask for. */
  fetch() {
    this.#documents.nudge();
  }

  /** Try now, whatever was planned. */
  tryNow() {
    for (const link of this.#both) link.tryNow();
  }

  /** The browser says that the network went away. */
  lost() {
    for (const link of this.#both) link.lost();
    this.#on.state();
  }

  /** The page closes: say what is left, and that it leaves. Nobody waits for the answer; false when it is too long. */
  part(message) {
    if (new Blob([JSON.stringify(message)]).size > PARTING) return false;
    fetch(...request(this.#seat, message, { keepalive: true })).catch(() => {});
    return true;
  }

  stop() {
    for (const link of this.#both) link.stop();
  }

  get #both() {
    return [this.#labels, this.#documents];
  }
}
