// The desk: what every key and button does. A verdict touches nothing but this page; the line to the server follows.

import { h, uuid } from "./dom.js";
import { Banner, TopBar, VerdictBar } from "./frame.js";
import { meaning, REPEATS } from "./keys.js";
import { FindBar, Guideline, KeySheet } from "./overlays.js";
import { Panel } from "./panel.js";
import { shownOf } from "./prose.js";
import { Queue, titleOf } from "./queue.js";
import { Reader } from "./reader.js";
import { bannerFor, emptyNode, hushStreamlit } from "./states.js";
import { Sync } from "./sync.js";
import { Tab } from "./tabs.js";
import { Timer } from "./timer.js";
import { Trail } from "./trail.js";
import { View } from "./view.js";

const SLOW = 3_000; // ms: a label waiting longer is worth a line in the panel

export class Desk {
  #drafts = new Map(); // doc_id -> what was chosen before the reader left it
  #reasons = new Map(); // key -> reason code
  #clock = null;
  #paused = false;
  #emptyShown = "";
  #off = new AbortController();

  /** `askSeat()` asks for another seat, which comes with a `refresh`. */
  constructor(root, config, askSeat) {
    const space = `review:${config.project}:${config.reviewer}`;
    this.space = space;
    this.seat = config.seat;
    this.timer = new Timer();
    this.queue = new Queue();
    this.tab = new Tab(space);
    this.node = h("div", { class: "dk", lang: "en" });
    this.view = new View(space, this.node);
    this.reader = new Reader({ onShowAll: () => this.#showAll(), onHidden: () => this.do({ act: "hidden" }) });
    this.sync = new Sync(config.seat, {
      space,
      tab: this.tab,
      queue: this.queue,
      on: {
        documents: () => this.#documentsCame(),
        recalled: (item, label) => this.#comeBack(item, label),
        whole: (item) => this.#wholeCame(item),
        rubric: (rubric) => this.#useRubric(rubric),
        labels: () => this.#labelsChanged(),
        state: () => this.#stateChanged(),
        stranger: askSeat,
      },
    });
    this.outbox = this.sync.outbox;
    this.link = this.sync.link;
    this.panel = new Panel({
      sendAgain: (id) => (this.outbox.again(id, this.rubric.version), this.link.nudge()),
      drop: (id) => (this.outbox.drop(id), this.link.nudge()),
      toggleKind: (kind) => (this.view.toggleKind(this.reader, kind), this.#marksChanged()),
      toggleMarks: () => this.do({ act: "highlights" }),
    });
    this.top = new TopBar(config.name, (act) => this.do({ act }));
    this.banner = new Banner();
    this.guideline = new Guideline(() => this.do({ act: "guideline" }));
    this.sheet = new KeySheet(() => this.do({ act: "keys" }));
    this.findBar = new FindBar(this.reader, () => this.do({ act: "close" }));
    this.#useRubric(config.rubric);
    const { top, banner, reader, panel, bar, guideline, findBar, sheet } = this;
    this.node.append(...[top, banner, reader, panel, bar, guideline, findBar, sheet].map((part) => part.node));
    root.append(this.node);
    this.view.apply(this.reader);
    this.#listen();
  }

  async begin() {
    this.#show();
    this.#labelsChanged();
    await this.tab.begin();
    this.trail = new Trail(this.space, this.tab);
    this.#clock = setInterval(() => this.#tick(), 1000);
    await this.sync.begin();
  }

  /** The page was run again: colours, settings or the seat may be new. */
  refresh(config) {
    this.seat = config.seat;
    this.link.sit(config.seat);
    if (config.rubric.version > this.rubric.version) this.#useRubric(config.rubric);
    this.view.apply(this.reader);
  }

  end() {
    this.#leave();
    this.link.stop();
    this.reader.stop();
    this.tab.end();
    clearInterval(this.#clock);
    this.#off.abort();
    this.node.remove();
  }

  // -- keys and buttons ------------------------------------------------------------------------------------------

  do(what) {
    const acts = {
      keep: () => this.#verdict("keep"),
      unsure: () => this.#verdict("unsure"),
      reject: () => this.#verdict("reject"),
      reason: () => this.#reason(what),
      confirm: () => this.draft?.armed && this.#verdict(this.draft.armed),
      score: () => this.#change({ score: this.draft?.score === what.value ? null : what.value }),
      undo: () => this.#undo(),
      redo: () => this.#redo(),
      later: () => this.#later(),
      note: () => this.draft && this.bar.openNote(),
      noteDone: () => (this.bar.note.blur(), this.draft?.armed && this.#verdict(this.draft.armed)),
      guideline: () => this.top.press("guideline", this.guideline.toggle()),
      keys: () => this.top.press("keys", this.sheet.toggle()),
      panel: () => this.view.togglePanel(),
      highlights: () => (this.view.toggleMarks(this.reader), this.#marksChanged()),
      hidden: () => (this.reader.setHidden(!this.reader.hidden), this.#marksChanged()),
      markNext: () => this.reader.stepMark(1),
      markBack: () => this.reader.stepMark(-1),
      find: () => this.reader.prose && this.findBar.open(),
      pause: () => this.#pause(!this.#paused),
      pageDown: () => this.reader.page(1),
      pageUp: () => this.reader.page(-1),
      lineDown: () => this.reader.line(1),
      lineUp: () => this.reader.line(-1),
      top: () => this.reader.end(false),
      bottom: () => this.reader.end(true),
      larger: () => this.view.zoom(1),
      smaller: () => this.view.zoom(-1),
      close: () => this.#close(),
    };
    acts[what.act]?.();
  }

  #onKey(event) {
    const what = meaning(event, this.#reasons, this.rubric);
    if (!what) return;
    const target = event.composedPath()[0];
    if (what.act === "noteDone" && target !== this.bar.note) return;
    if (what.act === "close" && !this.#open && !this.node.contains(target)) return;
    // Stopped here, or Streamlit would take C for "clear cache" and R for "run again".
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.repeat && !REPEATS.has(what.act)) return;
    if (!this.sheet.node.hidden && !["close", "keys"].includes(what.act)) return;
    this.timer.touch();
    this.do(what);
  }

  get #open() {
    return [this.sheet, this.findBar, this.guideline].some((part) => !part.node.hidden);
  }

  #close() {
    const active = this.node.getRootNode().activeElement;
    if (!this.sheet.node.hidden) return this.do({ act: "keys" });
    if (active?.closest(".notebox, .drawer")) return active.blur();
    if (this.findBar.close()) return undefined;
    if (!this.guideline.node.hidden) return this.do({ act: "guideline" });
    return active?.blur();
  }

  #pause(on) {
    this.#paused = on;
    if (on) this.timer.stop();
    else if (this.draft) this.timer.go();
    this.#tick();
  }

  // -- judging ---------------------------------------------------------------------------------------------------

  #verdict(verdict) {
    const item = this.queue.current;
    if (!item) return;
    const { reasons, score } = this.draft;
    if (verdict === "reject" && this.rubric.require_reason && !reasons.size) {
      this.#change({ waits: true });
      return;
    }
    const label = {
      label_id: uuid(),
      doc_id: item.doc_id,
      hash: item.hash,
      verdict,
      reasons: verdict === "keep" ? [] : [...reasons],
      note: this.bar.note.value.trim(),
      score,
      seconds: Math.round(this.timer.read() * 10) / 10,
      rubric: this.rubric.version,
      shown: { ...shownOf(this.reader.prose), marks: this.reader.marksOn },
    };
    this.#leaveWith(label, titleOf(item));
    this.trail.push(label, titleOf(item));
  }

  /** The current document gets this label; the next one is shown; the server hears of it when it can. */
  #leaveWith(label, title) {
    this.#drafts.delete(label.doc_id);
    this.outbox.add(label, title);
    this.queue.advance();
    this.#show();
    this.link.nudge();
  }

  #reason({ code, alone }) {
    if (!this.queue.current) return;
    if (alone) {
      this.draft.reasons = new Set([code]);
      this.#verdict("reject");
      return;
    }
    const reasons = new Set(this.draft.reasons);
    if (!reasons.delete(code)) reasons.add(code);
    const { waits } = this.draft;
    this.#change({ reasons, waits: false, armed: reasons.size ? "reject" : null });
    if (waits && reasons.size) this.#verdict("reject");
  }

  #change(change) {
    if (!this.draft) return;
    Object.assign(this.draft, change, { note: this.bar.note.value });
    this.bar.show(this.draft);
  }

  #undo() {
    if (this.sync.recalling) return;
    const step = this.trail?.back();
    if (!step) return;
    const { label, title } = step;
    // A judgement the server may have is taken back by one more label; one that never left is simply not sent.
    if (!this.outbox.retract(label.label_id)) {
      this.outbox.add({ ...label, label_id: uuid(), verdict: null, reasons: [], note: "", score: null, seconds: 0 }, title);
    }
    const item = this.queue.recall(label.doc_id);
    if (item) this.#comeBack(item, label);
    else this.sync.recall(label.doc_id, label);
  }

  #redo() {
    const step = this.trail?.peekForward();
    if (!step || step.label.doc_id !== this.queue.current?.doc_id) return;
    const label = { ...step.label, label_id: uuid(), rubric: this.rubric.version };
    this.#leaveWith(label, step.title);
    this.trail.forward(label);
  }

  #comeBack(item, label) {
    this.#keepDraft();
    const { reasons, note, score, seconds, verdict } = label;
    this.#drafts.set(item.doc_id, { reasons: new Set(reasons), note, score, seconds, armed: verdict, waits: false });
    this.queue.comeBack(item);
    this.#show();
    this.link.nudge();
  }

  #later() {
    this.#keepDraft();
    if (this.queue.postpone()) this.#show();
  }

  #keepDraft() {
    const item = this.queue.current;
    if (item) this.#drafts.set(item.doc_id, { ...this.draft, note: this.bar.note.value, seconds: this.timer.read() });
  }

  // -- what is on the screen -------------------------------------------------------------------------------------

  /** Put the current document, or why there is none, on the screen. */
  #show() {
    const item = this.queue.current;
    this.findBar.close();
    this.bar.note.blur();
    this.#paused = false;
    if (!item) return this.#showEmpty();
    this.#emptyShown = "";
    const blank = { reasons: new Set(), note: "", score: null, seconds: 0, armed: null, waits: false };
    this.draft = this.#drafts.get(item.doc_id) ?? blank;
    this.reader.show(item);
    this.bar.enable(true);
    this.bar.show(this.draft);
    this.timer.start(this.draft.seconds);
    this.top.showTime(this.draft.seconds, false);
    this.panel.showDocument(this.reader.prose);
    this.panel.showMarks(this.reader.prose, this.reader);
    return void this.reader.ahead(this.queue.upcoming);
  }

  #showEmpty() {
    const { empty } = this.sync;
    const state = JSON.stringify([empty, this.outbox.waiting.length, this.link.offline]);
    if (state === this.#emptyShown) return;
    this.#emptyShown = state;
    this.draft = null;
    this.timer.stop();
    this.top.showTime(null);
    this.bar.enable(false);
    this.panel.showDocument(null);
    this.panel.showMarks(null, this.reader);
    this.reader.showNode(emptyNode(empty, this.outbox.waiting.length, this.link.offline, () => this.link.tryNow()));
  }

  #showAll() {
    const { item } = this.reader.prose;
    if (item.parts.length > 1) this.sync.fetchWhole(item.doc_id);
    else this.#wholeCame(item);
  }

  #wholeCame(item) {
    if (this.queue.current?.doc_id !== item.doc_id) return;
    this.queue.current = item;
    this.reader.showAll(item);
    this.panel.showMarks(this.reader.prose, this.reader);
  }

  #documentsCame() {
    if (this.queue.current) {
      this.reader.ahead(this.queue.upcoming);
      return;
    }
    this.queue.advance();
    this.#show();
  }

  #tick() {
    if (this.draft) this.top.showTime(this.timer.read(), this.#paused);
    this.#stateChanged();
    if (this.link.offline) hushStreamlit();
    this.sync.tick();
  }

  #stateChanged() {
    this.banner.show(bannerFor(this.link, this.outbox, this.queue.length, this.sync.error, () => this.link.tryNow()));
    const { waiting, refused } = this.outbox;
    const slow = this.link.offline || (waiting.length > 0 && Date.now() - waiting[0].at > SLOW);
    this.panel.showOutbox(refused, waiting, slow);
    if (!this.queue.current) this.#showEmpty();
  }

  #labelsChanged() {
    const { waiting, refused } = this.outbox;
    this.top.showSaved(this.sync.saved, waiting.length, refused.length);
    this.top.showProgress(this.sync.progress);
    if (refused.length || this.link.offline) this.#stateChanged();
  }

  #marksChanged() {
    this.reader.setMarks();
    this.panel.showMarks(this.reader.prose, this.reader);
  }

  /** Show a version of the rubric: its reasons, keys and guideline. */
  #useRubric(rubric) {
    this.rubric = rubric;
    this.sync.rubric = rubric.version;
    this.#reasons = new Map(rubric.reasons.map((reason) => [reason.key, reason.code]));
    const bar = new VerdictBar(rubric, (what) => (this.timer.touch(), this.do(what)));
    this.bar?.node.replaceWith(bar.node);
    this.bar = bar;
    this.guideline.show(rubric);
    this.sheet.show(rubric);
    bar.enable(this.queue.current !== null);
    if (this.draft) bar.show(this.draft);
  }

  #listen() {
    const { signal } = this.#off;
    const on = (target, name, does, options = {}) => target.addEventListener(name, does, { ...options, signal });
    on(window, "keydown", (event) => this.#onKey(event), { capture: true });
    on(window, "online", () => this.link.tryNow());
    on(window, "offline", () => this.link.lost());
    on(window, "storage", (event) => event.key?.startsWith(this.space) && this.outbox.adopt());
    on(window, "pagehide", () => this.#leave());
    on(window, "pageshow", (event) => event.persisted && this.link.tryNow());
    on(document, "visibilitychange", () => this.#seen(!document.hidden));
    for (const name of ["pointermove", "wheel", "touchmove", "pointerdown"]) {
      on(this.node, name, () => this.timer.touch(), { passive: true });
    }
  }

  /** Give the documents back to the others. A page that closes has no other way to say so. */
  #leave() {
    if (!this.sync.part()) navigator.sendBeacon(new URL(this.seat.leave, location.origin), this.seat.secret);
  }

  #seen(visible) {
    if (!visible) this.timer.stop();
    else if (this.draft && !this.#paused) this.timer.go();
    if (visible) this.link.nudge();
  }
}
