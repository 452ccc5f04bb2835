// The line to the server: one message in flight, sent again until it is answered. Every message may be sent twice.

const PATIENCE = 6_000; // ms without an answer before the server counts as away
const LONGEST_WAIT = 15; // s between tries

export class Link {
  #hub;
  #compose;
  #onReply;
  #onState;
  #n = Date.now(); // grows over reloads too, so that an old answer never looks like a new one
  #seen = 0;
  #flight = null; // {n, timer}
  #dirty = false;
  #failures = 0;
  #retry = null; // {timer, at}
  #soon = null;
  #started = false;
  since = null; // time the line went away in ms, null while it works

  /** `hub` carries messages out (`hub.send`) and answers in (`hub.receive`); `compose()` makes the next message. */
  constructor(hub, { compose, onReply, onState }) {
    this.#hub = hub;
    this.#compose = compose;
    this.#onReply = onReply;
    this.#onState = onState;
    hub.receive = (reply) => this.#receive(reply);
  }

  /** Begin to talk, as soon as there is somebody to carry the messages. */
  start() {
    this.#started = true;
    if (this.#hub.send) this.tryNow();
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
    this.#onState();
  }

  stop() {
    clearTimeout(this.#flight?.timer);
    clearTimeout(this.#retry?.timer);
    clearTimeout(this.#soon);
    this.#hub.receive = null;
  }

  #later() {
    // After the paint that the key asked for, not before it.
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      if (!this.#flight) this.#send();
    }, 30);
  }

  #send() {
    if (!this.#hub.send) return this.#failed();
    const n = ++this.#n;
    this.#dirty = false;
    this.#flight = { n, timer: setTimeout(() => this.#failed(), PATIENCE) };
    this.#hub.send({ ...this.#compose(), n });
  }

  #failed() {
    clearTimeout(this.#flight?.timer);
    this.#flight = null;
    this.#failures += 1;
    if (this.since === null) this.since = Date.now();
    const wait = Math.min(2 ** this.#failures, LONGEST_WAIT) * 1000;
    this.#retry = { at: Date.now() + wait, timer: setTimeout(() => this.tryNow(), wait) };
    this.#onState();
  }

  #receive(reply) {
    if (!this.#started) return;
    if (reply.n === null) {
      // A new server session, or this one's first run: whatever was under way went with the old one.
      clearTimeout(this.#flight?.timer);
      this.#flight = null;
      this.tryNow();
      return;
    }
    if (reply.n <= this.#seen) {
      if (this.#retry) this.tryNow(); // the page was run again: the server is back
      return;
    }
    this.#seen = reply.n;
    const late = reply.n !== this.#flight?.n; // came after we gave up on it: what is stored is stored, the rest is old
    this.#onReply(reply, late);
    if (late) return this.nudge();
    clearTimeout(this.#flight.timer);
    this.#flight = null;
    if (reply.error) return this.#failed();
    this.#failures = 0;
    this.since = null;
    this.#onState();
    if (this.#dirty) this.#later();
  }
}
