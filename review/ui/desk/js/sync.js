// What the desk tells the server and what it makes of the answers: labels out, acknowledgements and documents in.

import { Link } from "./link.js";
import { Outbox } from "./outbox.js";

const ASK = 20_000; // ms between messages while nothing happens: leases stay alive, new documents arrive
const ORPHANS = 10; // s between looks for labels that a dead tab left
const BATCH = 100; // labels in one message, fewer after the server found one too long

export class Sync {
  #tab;
  #queue;
  #on;
  #asked = 0;
  #ticks = 0;
  #progressAt = 0;
  #hello = true;
  #recalling = null; // {name, label}: a step back that waits for its document
  #whole = null; // document wanted in full
  #batch = BATCH;
  rubric = 0; // version the desk shows
  saved = 0; // documents this reviewer has a stored label on
  progress = { labelled: 0, wanted: 0 };
  empty = null; // why no document comes, in the server's words
  error = null;

  /**
   * `on`: documents() after the queue changed, recalled(item, label), whole(item), rubric(rubric), labels() when the
   * outbox changed, state() when the line did, stranger() when the server does not know the seat; quiet() says how
   * many seconds ago the reader gave the last sign of life.
   */
  constructor(seat, { space, tab, queue, on }) {
    this.#tab = tab;
    this.#queue = queue;
    this.#on = on;
    this.outbox = new Outbox(space, tab, () => on.labels());
    this.link = new Link(seat, () => this.#message(), {
      reply: (reply, late) => this.#receive(reply, late),
      state: () => on.state(),
      stranger: () => on.stranger(),
      tooLong: () => (this.#batch = Math.max(1, this.#batch >> 1)),
    });
  }

  get recalling() {
    return this.#recalling !== null;
  }

  async begin() {
    await this.outbox.adopt();
    this.link.start();
  }

  /** Fetch a document to come back to, to be shown with `label`. */
  recall(name, label) {
    this.#recalling = { name, label };
    this.link.nudge();
  }

  /** Fetch all of a document of which only parts were sent. */
  fetchWhole(name) {
    this.#whole = name;
    this.link.nudge();
  }

  /** Called every second: ask again when it is time, and see whether another tab died with labels unsent. */
  tick() {
    this.#ticks += 1;
    if (this.#ticks % ORPHANS === 0) this.outbox.adopt().then((found) => found && this.link.nudge());
    if (document.visibilityState === "visible" && Date.now() - this.#asked > ASK) this.link.nudge();
  }

  /** The page closes: the labels that still wait go out with the goodbye. False when none do, or too many. */
  part() {
    return this.outbox.waiting.length > 0 && this.link.part({ ...this.#message(), bye: true });
  }

  #message() {
    const now = Date.now();
    const have = this.#queue.names;
    const held = [...this.outbox.waiting, ...this.outbox.refused].map((entry) => entry.label.doc_id);
    this.#asked = now;
    return {
      tab: this.#tab.id,
      labels: this.outbox.take(this.#batch),
      have,
      held: [...new Set(held)].filter((name) => !have.includes(name)),
      later: this.#queue.asideNames,
      expected: this.#queue.expected,
      recall: this.#recalling ? [this.#recalling.name] : [],
      whole: this.#whole ? [this.#whole] : [],
      rubric: this.rubric,
      quiet: Math.round(this.#on.quiet()),
      hello: this.#hello,
      ask: this.#queue.length === 0 || now - this.#progressAt > ASK,
    };
  }

  #receive(reply, late) {
    const acks = reply.acks ?? [];
    this.#count(acks);
    this.outbox.acknowledge(acks);
    for (const { label_id: id, reason } of reply.refused ?? []) this.outbox.refuse(id, reason);
    if (late) return; // its documents may have been judged since
    this.error = reply.error ?? null;
    if (reply.error) return;
    this.#hello = false;
    this.empty = reply.empty ?? null;
    if (reply.rubric) this.#on.rubric(reply.rubric);
    if (reply.progress) {
      this.#progressAt = Date.now();
      this.progress = reply.progress;
      this.saved = reply.progress.saved;
      this.#on.labels();
    }
    this.#queue.remove(reply.gone);
    this.#queue.add(reply.items.filter((item) => !this.#judged(item.doc_id)));
    this.#queue.expectNoMore();
    for (const item of reply.recalled) this.#returned(item);
    this.#recalling = null; // a document nobody may see again: the step back stays without it
    this.#on.documents();
    if (this.outbox.waiting.length) this.link.nudge();
  }

  #judged(name) {
    return this.outbox.waiting.some(({ label }) => label.doc_id === name && label.verdict !== null);
  }

  #returned(item) {
    if (item.doc_id === this.#whole) {
      this.#whole = null;
      this.#on.whole(item);
    } else if (item.doc_id === this.#recalling?.name) {
      const { label } = this.#recalling;
      this.#recalling = null;
      this.#on.recalled(item, label);
    }
  }

  #count(acks) {
    const stored = new Set(acks);
    for (const { label } of this.outbox.waiting) {
      if (!stored.has(label.label_id)) continue;
      const step = label.verdict === null ? -1 : 1;
      this.saved += step;
      this.progress.labelled += step;
    }
  }
}
