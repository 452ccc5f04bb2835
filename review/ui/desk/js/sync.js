// What the desk tells the server and what it makes of the answers: labels out, acknowledgements and documents in.

import { Line } from "./link.js";
import { Outbox } from "./outbox.js";

const ASK = 20_000; // ms between messages while nothing happens: leases stay alive, new documents arrive
const ORPHANS = 10; // s between looks for labels that a dead tab left
const BATCH = 100; // labels in one message, fewer after the server found one too long

export class Sync {
  #tab;
  #queue;
  #on;
  #n = Date.now(); // grows over reloads too: in a log, messages stand in order
  #asked = 0;
  #ticks = 0;
  #progressAt = 0;
  #hello = true;
  #recalling = null; // {name, label}: a step back that waits for its document
  #whole = null; // document wanted in full
  #moving = new Set(); // doc_ids with a label on its way at any time since the last wish for documents was said
  #batch = BATCH;
  #errors = { labels: null, documents: null }; // what the server said instead of an answer
  rubric = 0; // version the desk shows
  #counted = { saved: 0, labelled: 0, wanted: 0, seq: 0 }; // by the server, up to event `seq`
  #steps = []; // {seq, step}: acknowledged labels it may not have counted in
  empty = null; // why no document comes, in the server's words

  /**
   * `on`: documents() after the queue changed, recalled(item, label), whole(item), rubric(rubric), labels() when the
   * outbox changed, state() when the line did, stranger() when the server does not know the seat; quiet() says how
   * many seconds ago the reader gave the last sign of life.
   */
  constructor(seat, { space, tab, queue, on }) {
    this.#tab = tab;
    this.#queue = queue;
    this.#on = on;
    this.outbox = new Outbox(space, tab, () => {
      this.#noteMoving();
      on.labels();
    });
    this.link = new Line(
      seat,
      { compose: () => this.#labels(), reply: (reply, late) => this.#acknowledged(reply, late) },
      { compose: () => this.#wishes(), reply: (reply, late) => late || this.#came(reply) },
      {
        state: () => on.state(),
        stranger: () => on.stranger(),
        tooLong: () => (this.#batch = Math.max(1, this.#batch >> 1)),
      },
    );
  }

  /** Documents this reviewer has a stored label on. */
  get saved() {
    return this.#counted.saved + this.#since;
  }

  /** Of the wanted documents, how many have a label. */
  get progress() {
    return { wanted: this.#counted.wanted, labelled: this.#counted.labelled + this.#since };
  }

  get #since() {
    return this.#steps.reduce((sum, { step }) => sum + step, 0);
  }

  /** Why the server did not do what was asked, in its words; null while it does. */
  get error() {
    return this.#errors.labels ?? this.#errors.documents;
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
    this.link.fetch();
  }

  /** Fetch all of a document of which only parts were sent. */
  fetchWhole(name) {
    this.#whole = name;
    this.link.fetch();
  }

  /** Called every second: ask again when it is time, and see whether another tab died with labels unsent. */
  tick() {
    this.#ticks += 1;
    if (this.#ticks % ORPHANS === 0) this.outbox.adopt().then((found) => found && this.link.nudge());
    if (document.visibilityState === "visible" && Date.now() - this.#asked > ASK) this.link.fetch();
  }

  /** The page closes: the labels that still wait go out with the goodbye. False when none do, or too many. */
  part() {
    const message = this.#labels();
    return message !== null && this.link.part({ ...message, bye: true });
  }

  /** Labels alone; null when none wait. */
  #labels() {
    const labels = this.outbox.take(this.#batch);
    return labels.length ? { ...this.#message(), labels, documents: false } : null;
  }

  /** What this desk holds, and what it wants. */
  #wishes() {
    const now = Date.now();
    this.#asked = now;
    this.#moving.clear();
    this.#noteMoving();
    return {
      ...this.#message(),
      later: this.#queue.asideNames,
      expected: this.#queue.expected,
      recall: this.#recalling ? [this.#recalling.name] : [],
      whole: this.#whole ? [this.#whole] : [],
      hello: this.#hello,
      ask: this.#queue.length === 0 || now - this.#progressAt > ASK,
    };
  }

  #message() {
    const have = this.#queue.names;
    const held = [...this.outbox.waiting, ...this.outbox.refused].map((entry) => entry.label.doc_id);
    return {
      n: ++this.#n,
      tab: this.#tab.id,
      have,
      held: [...new Set(held)].filter((name) => !have.includes(name)),
      rubric: this.rubric,
      quiet: Math.round(this.#on.quiet()),
    };
  }

  #acknowledged(reply, late) {
    const acks = reply.acks ?? [];
    this.#count(acks, reply.seqs ?? []);
    const titles = new Map(this.outbox.waiting.map(({ label, title }) => [label.doc_id, title]));
    this.outbox.acknowledge(acks);
    for (const one of reply.known ?? []) this.#on.known(one, titles.get(one.doc_id) ?? "");
    for (const { label_id: id, reason } of reply.refused ?? []) this.outbox.refuse(id, reason);
    if (late) return;
    this.#errors.labels = reply.error ?? null;
    if (reply.rubric) this.#on.rubric(reply.rubric);
    if (reply.error) return;
    if (this.outbox.waiting.length) this.link.nudge();
    if (reply.low || this.#queue.length === 0) this.link.fetch();
  }

  #came(reply) {
    this.#errors.documents = reply.error ?? null;
    if (reply.error) return;
    this.#hello = false;
    this.empty = reply.empty ?? null;
    if (reply.rubric) this.#on.rubric(reply.rubric);
    if (reply.progress) {
      this.#progressAt = Date.now();
      this.#counted = reply.progress;
      this.#steps = this.#steps.filter(({ seq }) => seq > reply.progress.seq);
      this.#on.labels();
    }
    // Labels go by the other link: the answer may know a verdict and not yet that it was taken back. What is really
    // gone is gone in the next answer too.
    this.#queue.remove(reply.gone.filter((name) => !this.#moving.has(name)));
    this.#queue.add(reply.items.filter((item) => !this.#judged(item.doc_id)));
    if (!reply.cut) this.#queue.expectNoMore();
    for (const item of reply.recalled) this.#returned(item);
    this.#recalling = null; // a document nobody may see again: the step back stays without it
    this.#on.documents();
    if (reply.cut) this.link.fetch(); // very long ones come a few at a time
  }

  #noteMoving() {
    for (const { label } of this.outbox.waiting) this.#moving.add(label.doc_id);
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

  #count(acks, seqs) {
    const stored = new Map(acks.map((id, at) => [id, seqs[at] ?? Infinity]));
    for (const { label } of this.outbox.waiting) {
      const seq = stored.get(label.label_id);
      // Answers of the two links may overtake each other: what is counted in already is not counted again.
      if (seq > this.#counted.seq) this.#steps.push({ seq, step: label.verdict === null ? -1 : 1 });
    }
  }
}
