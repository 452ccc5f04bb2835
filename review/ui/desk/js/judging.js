// Judging: verdicts, reasons and scores, the way back and forward, and documents put off. Nothing here waits for the
// server; what it has to hear goes into the outbox.

import { uuid } from "./dom.js";
import { titleOf } from "./queue.js";

const BLANK = { note: "", score: null, seconds: 0, armed: null, waits: false };

export class Judging {
  #desk;
  #drafts = new Map(); // doc_id -> what was chosen before the reader left it
  draft = null; // {reasons: Set, note, score, seconds, armed: verdict that Enter confirms, waits: for a reason}

  constructor(desk) {
    this.#desk = desk;
  }

  /** Take up a document: with what was chosen before, if it was here already. Null for none. */
  begin(item) {
    this.draft = item && (this.#drafts.get(item.doc_id) ?? { ...BLANK, reasons: new Set() });
    return this.draft;
  }

  verdict(verdict) {
    const { queue, rubric, bar, timer } = this.#desk;
    const item = queue.current;
    if (!item) return;
    const { reasons, score, waits } = this.draft;
    const unexplained = verdict === "reject" && !reasons.size && rubric.reason_after;
    if (unexplained && (rubric.require_reason || !waits)) {
      this.change({ waits: true, armed: verdict });
      return;
    }
    const label = {
      label_id: uuid(),
      doc_id: item.doc_id,
      hash: item.hash,
      verdict,
      reasons: verdict === "keep" ? [] : [...reasons],
      note: bar.note.value.trim(),
      score: verdict === "unsure" && rubric.score === "instead" ? null : score,
      seconds: Math.round(timer.read() * 10) / 10,
      rubric: rubric.version,
      ticket: item.ticket,
      shown: this.#desk.shown(),
    };
    const title = titleOf(item);
    this.#leaveWith(label, title);
    this.#desk.trail.push(label, title);
  }

  confirm() {
    if (this.draft?.armed) this.verdict(this.draft.armed);
  }

  /** A score beside the verdict, or in its place: then it is the verdict. */
  score(value) {
    if (!this.draft) return;
    const { rubric } = this.#desk;
    if (rubric.score !== "instead") {
      this.change({ score: this.draft.score === value ? null : value });
      return;
    }
    this.change({ score: value, waits: false, armed: null });
    this.verdict(value >= rubric.keep_from ? "keep" : "reject");
  }

  reason({ code, alone }) {
    if (!this.draft) return;
    const instead = this.#desk.rubric.score === "instead"; // then only a score can reject
    if (alone && !instead) {
      this.draft.reasons = new Set([code]);
      this.verdict("reject");
      return;
    }
    const reasons = new Set(this.draft.reasons);
    if (!reasons.delete(code)) reasons.add(code);
    const { waits, armed } = this.draft;
    this.change({ reasons, waits: false, armed: instead ? armed : reasons.size ? "reject" : null });
    if (waits && reasons.size) this.verdict("reject");
  }

  change(change) {
    if (!this.draft) return;
    const { bar } = this.#desk;
    Object.assign(this.draft, change, { note: bar.note.value });
    bar.show(this.draft);
  }

  undo() {
    const { sync, trail, outbox, queue } = this.#desk;
    if (sync.recalling) return;
    const step = trail?.back();
    if (!step) return;
    const { label, title } = step;
    // A judgement the server may have is taken back by one more label; one that never left is simply not sent.
    if (!outbox.retract(label.label_id)) {
      outbox.add({ ...label, label_id: uuid(), verdict: null, reasons: [], note: "", score: null, seconds: 0 }, title);
    }
    const item = queue.recall(label.doc_id);
    if (item) this.comeBack(item, label);
    else sync.recall(label.doc_id, label);
  }

  redo() {
    const { trail, queue, rubric } = this.#desk;
    const step = trail?.peekForward();
    if (!step || step.label.doc_id !== queue.current?.doc_id) return;
    const label = { ...step.label, label_id: uuid(), rubric: rubric.version };
    this.#leaveWith(label, step.title);
    trail.forward(label);
  }

  /** Show a document again with the label it had. */
  comeBack(item, label) {
    this.#keepDraft();
    const { reasons, note, score, seconds, verdict } = label;
    this.#drafts.set(item.doc_id, { reasons: new Set(reasons), note, score, seconds, armed: verdict, waits: false });
    this.#desk.queue.comeBack({ ...item, ticket: label.ticket ?? item.ticket });
    this.#desk.show();
    this.#desk.link.nudge();
  }

  /** Put the current document off: it comes back by itself, when it is asked for, and after a reload. */
  later() {
    const { queue, later, bar } = this.#desk;
    if (!queue.current) return;
    this.#keepDraft();
    const why = later.why(queue);
    if (why) {
      bar.say(why);
      return;
    }
    later.add(queue.current, this.#drafts.get(queue.current.doc_id));
    queue.setAside();
    this.#desk.show();
    this.#desk.link.fetch(); // another document in its place
  }

  /** Come back to a document that was put off, by default the one put off first. */
  resume(name = this.#desk.later.names[0]) {
    const { queue } = this.#desk;
    if (!queue.isAside(name)) return;
    this.#keepDraft();
    queue.takeUp(name);
    this.#desk.show();
    this.#desk.link.nudge();
  }

  /** What was chosen for documents put off before a reload. */
  remember(drafts) {
    for (const [name, draft] of drafts) this.#drafts.set(name, { ...BLANK, ...draft, reasons: new Set(draft.reasons) });
  }

  /** The current document gets this label; the next one is shown; the server hears of it when it can. */
  #leaveWith(label, title) {
    this.#drafts.delete(label.doc_id);
    this.#desk.outbox.add(label, title);
    this.#desk.queue.advance();
    this.#desk.show();
    this.#desk.link.nudge();
  }

  #keepDraft() {
    const { queue, bar, timer } = this.#desk;
    const item = queue.current;
    if (!item) return;
    this.#drafts.set(item.doc_id, { ...this.draft, note: bar.note.value, seconds: timer.read(), waits: false });
  }
}
