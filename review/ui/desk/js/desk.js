// The desk: what every key and button does. A verdict touches nothing but this page; the line to the server follows.

import { Around } from "./around.js";
import { ask } from "./ask.js";
import { h } from "./dom.js";
import { FindBar } from "./findbar.js";
import { Banner, TopBar } from "./frame.js";
import { Guideline } from "./guideline.js";
import { Judging } from "./judging.js";
import { Keymap, REPEATS, showKeys } from "./keys.js";
import { KeySheet } from "./keysheet.js";
import { Later } from "./later.js";
import { Panel } from "./panel.js";
import { shownOf } from "./prose.js";
import { Queue } from "./queue.js";
import { Reader } from "./reader.js";
import { Seen } from "./seen.js";
import { bannerFor, emptyNode, hushStreamlit, knownSentence } from "./states.js";
import { Sync } from "./sync.js";
import { Tab } from "./tabs.js";
import { Timer } from "./timer.js";
import { readingTools } from "./tools.js";
import { Trail } from "./trail.js";
import { VerdictBar } from "./verdicts.js";
import { View } from "./view.js";

const SLOW = 3_000; // ms: a label waiting longer is worth a line in the panel

export class Desk {
  #clock = null;
  #paused = false;
  #emptyShown = "";
  #beside = false; // whether the panel was open at any time with this document
  #labelsDue = false; // whether what is said of labels is out of date
  #off = new AbortController();

  /** `askSeat()` asks for another seat, which comes with a `refresh`. */
  constructor(root, config, askSeat) {
    const space = `review:${config.project}:${config.reviewer}`;
    const does = (act) => () => this.do({ act });
    this.space = space;
    this.seat = config.seat;
    this.timer = new Timer();
    this.queue = new Queue();
    this.tab = new Tab(space);
    this.node = h("div", { class: "dk", lang: "en" });
    this.view = new View(space, this.node);
    this.judging = new Judging(this);
    this.later = new Later(() => this.panel.showLater(this.later.entries));
    this.tools = readingTools((act) => this.do({ act }));
    this.reader = new Reader({ onShowAll: () => this.#showAll(), tools: this.tools });
    this.seen = new Seen(this.reader.scroller);
    this.sync = new Sync(config.seat, {
      space,
      tab: this.tab,
      queue: this.queue,
      on: {
        documents: () => this.#documentsCame(),
        recalled: (item, label) => this.judging.comeBack(item, label),
        whole: (item) => this.#wholeCame(item),
        rubric: (rubric) => this.#useRubric(rubric),
        labels: () => this.#labelsLater(),
        state: () => this.#stateChanged(),
        stranger: askSeat,
        quiet: () => this.timer.quiet,
        known: (one, title) => this.bar.say(knownSentence(one, title, this.rubric)),
      },
    });
    this.outbox = this.sync.outbox;
    this.link = this.sync.link;
    this.panel = new Panel({
      sendAgain: (id) => (this.outbox.again(id, this.rubric.version), this.link.nudge()),
      drop: (id) => (this.outbox.drop(id), this.link.fetch()),
      toggleKind: (kind) => (this.view.toggleKind(this.reader, kind), this.#marksChanged()),
      toggleMarks: does("highlights"),
      resume: (name) => this.judging.resume(name),
    });
    this.top = new TopBar(config.name, (act) => this.do({ act }));
    this.banner = new Banner();
    this.guideline = new Guideline(does("guideline"), () => this.#change(this.seat.read, { version: this.rubric.version }));
    this.around = new Around(does("neighbours"));
    this.sheet = new KeySheet(does("keys"), (own) => this.#change(this.seat.keys, { own }));
    this.findBar = new FindBar(this.reader, does("close"));
    this.#useRubric(config.rubric);
    const { top, banner, reader, panel, bar, guideline, around, findBar, sheet } = this;
    this.node.append(...[top, banner, reader, panel, bar, guideline, around, findBar, sheet].map((part) => part.node));
    root.append(this.node);
    showKeys(this.node, config.rubric.acts);
    this.view.apply(this.reader);
    this.#listen();
  }

  async begin() {
    // The link that led here would take the first Enter for itself.
    if (document.activeElement instanceof HTMLAnchorElement) document.activeElement.blur();
    this.show();
    this.#labelsChanged();
    await this.tab.begin();
    this.trail = new Trail(this.space, this.tab);
    const off = this.later.begin(this.space, this.tab);
    this.queue.expectAside(off.map(([name]) => name));
    this.judging.remember(off);
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

  /** What the reader has seen of the current document and beside it, for its label. */
  shown() {
    const { reader } = this;
    const { beside = {}, signals } = this.queue.current;
    return {
      ...shownOf(reader.prose),
      seen: this.seen.read(),
      marks: reader.marksOn ? [...reader.on] : [],
      hidden: reader.hidden,
      beside: this.#beside ? ["facts", ...(signals ? ["signals"] : []), ...Object.keys(beside)] : [],
      around: this.around.seen,
    };
  }

  // -- keys and buttons ------------------------------------------------------------------------------------------

  do(what) {
    const { judging, reader, view } = this;
    const acts = {
      keep: () => judging.verdict("keep"),
      unsure: () => judging.verdict("unsure"),
      reject: () => judging.verdict("reject"),
      reason: () => judging.reason(what),
      confirm: () => judging.confirm(),
      score: () => judging.score(what.value),
      undo: () => judging.undo(),
      redo: () => judging.redo(),
      later: () => judging.later(),
      resume: () => judging.resume(),
      note: () => this.draft && this.bar.openNote(),
      noteDone: () => (this.bar.note.blur(), judging.confirm()),
      guideline: () => this.#drawer("guideline", this.guideline.node.hidden),
      neighbours: () => this.queue.current && this.#drawer("neighbours", this.around.node.hidden),
      keys: () => this.top.press("keys", this.sheet.toggle()),
      panel: () => (view.togglePanel(), (this.#beside ||= view.panel)),
      highlights: () => (view.toggleMarks(reader), this.#marksChanged()),
      hidden: () => (reader.setHidden(!reader.hidden), this.seen.goOn(reader.prose), this.#marksChanged()),
      markNext: () => reader.stepMark(1),
      markBack: () => reader.stepMark(-1),
      find: () => reader.prose && this.findBar.open(),
      pause: () => this.#pause(!this.#paused),
      pageDown: () => this.#mover.move(1),
      pageUp: () => this.#mover.move(-1),
      lineDown: () => this.#mover.move(0, 1),
      lineUp: () => this.#mover.move(0, -1),
      top: () => reader.end(false),
      bottom: () => reader.end(true),
      larger: () => view.zoom(1),
      smaller: () => view.zoom(-1),
      close: () => this.#close(),
    };
    acts[what.act]?.();
  }

  get draft() {
    return this.judging.draft;
  }

  /** What scroll and page keys move: the drawer that has the focus, else the text. */
  get #mover() {
    const active = this.node.getRootNode().activeElement;
    return [this.guideline, this.around].find(({ node }) => !node.hidden && node.contains(active)) ?? this.reader;
  }

  /** Open one drawer or close it; there is room for one. */
  #drawer(which, on) {
    this.top.press("guideline", this.guideline.toggle(which === "guideline" && on));
    this.tools.node.querySelector("[aria-expanded]").setAttribute("aria-expanded", String(which === "neighbours" && on));
    if (which === "neighbours" && on) this.around.toggle(this.seat, this.queue.current, true);
    else this.around.node.hidden = true;
    if (!on) this.reader.scroller.focus({ preventScroll: true });
  }

  /** Ask for a change of what the rubric is to this reviewer; returns a sentence when it was not made. */
  async #change(address, wish) {
    const reply = await ask(this.seat, address, wish);
    if (reply.rubric) this.#useRubric(reply.rubric);
    return reply.error ?? "";
  }

  #onKey(event) {
    if (!this.sheet.node.hidden && this.sheet.take(event)) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    const what = this.keymap.meaning(event);
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
    return [this.sheet, this.findBar, this.guideline, this.around].some((part) => !part.node.hidden);
  }

  #close() {
    const active = this.node.getRootNode().activeElement;
    if (!this.sheet.node.hidden) return this.do({ act: "keys" });
    if (active?.matches("textarea, .drawer input")) return active.blur();
    if (this.findBar.close()) return undefined;
    if (!this.guideline.node.hidden) return this.#drawer("guideline", false);
    if (!this.around.node.hidden) return this.#drawer("neighbours", false);
    return active?.blur();
  }

  #pause(on) {
    this.#paused = on;
    if (on) this.timer.stop();
    else if (this.draft) this.timer.go();
    this.#tick();
  }

  // -- what is on the screen -------------------------------------------------------------------------------------

  /** Put the current document, or why there is none, on the screen. */
  show() {
    const item = this.queue.current;
    this.findBar.close();
    this.bar.note.blur();
    this.#paused = false;
    if (!this.around.node.hidden) this.#drawer("neighbours", false);
    this.around.begin();
    this.later.keepOnly(this.queue.asideNames);
    if (!item) return this.#showEmpty();
    this.#emptyShown = "";
    const draft = this.judging.begin(item);
    this.reader.show(item);
    this.bar.enable(true);
    this.bar.show(draft);
    this.timer.start(draft.seconds);
    this.top.showTime(draft.seconds, false);
    this.seen.begin(this.reader.prose);
    this.#beside = this.view.panel;
    this.panel.showDocument(this.reader.prose);
    this.panel.showMarks(this.reader.prose, this.reader);
    return void this.#ahead();
  }

  #showEmpty() {
    const { empty } = this.sync;
    const state = JSON.stringify([empty, this.outbox.waiting.length, this.link.offline]);
    if (state === this.#emptyShown) return;
    this.#emptyShown = state;
    this.judging.begin(null);
    this.seen.begin(null);
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
    this.seen.goOn(this.reader.prose);
    this.panel.showMarks(this.reader.prose, this.reader);
  }

  #documentsCame() {
    this.later.keepOnly(this.queue.asideNames);
    if (this.queue.current) {
      this.#ahead();
      return;
    }
    this.queue.advance();
    this.show();
  }

  /** Make ready what comes next, so that a key only has to turn it over. */
  async #ahead() {
    const item = await this.reader.ahead(this.queue.upcoming);
    if (item) this.panel.ahead(item);
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

  /** Once everything that a key does is done: what it changes on the screen is laid out together. */
  #labelsLater() {
    if (!this.#labelsDue) queueMicrotask(() => this.#labelsChanged());
    this.#labelsDue = true;
  }

  #labelsChanged() {
    this.#labelsDue = false;
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
    this.keymap = new Keymap(rubric);
    const bar = new VerdictBar(rubric, (what) => (this.timer.touch(), this.do(what)));
    if (this.draft) this.draft.note = this.bar.note.value;
    this.bar?.node.replaceWith(bar.node);
    this.bar = bar;
    this.guideline.show(rubric);
    this.top.mark("guideline", rubric.news ? `changed since you ${rubric.read === null ? "judged by" : "read"} it` : "");
    this.sheet.show(rubric);
    showKeys(this.node, rubric.acts);
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
    this.trail?.write();
    if (!this.sync.part()) navigator.sendBeacon(new URL(this.seat.leave, location.origin), this.seat.secret);
  }

  #seen(visible) {
    if (!visible) this.timer.stop();
    else if (this.draft && !this.#paused) this.timer.go();
    if (visible) this.link.fetch();
  }
}
