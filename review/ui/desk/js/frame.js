// The frame round the text: top bar, banner, verdict bar.

import { button, count, h, icon, kbd, minutes } from "./dom.js";

export class TopBar {
  #fill = h("i");
  #bar = h("span", { class: "prog", role: "progressbar", "aria-label": "Documents with a label", "aria-valuemin": "0" }, this.#fill);
  #of = h("span", { class: "nw" });
  #timer = h("span", { class: "t3 nw", title: "Active time on this document. Idle time is left out." });
  #save = h("span", { class: "save" });
  #live = h("span", { class: "unseen", role: "status", "aria-live": "polite" });
  #say = 0;
  buttons = {};

  constructor(name, act) {
    const tool = (label, key, does, extra = "") =>
      (this.buttons[does] = button({ class: `tb ${extra}`, on: { click: () => act(does) } }, label, kbd(key)));
    this.node = h(
      "header",
      { class: "dtop" },
      h("b", { class: "nw cut name", text: name }),
      this.#bar,
      this.#of,
      h("span", { class: "grow" }),
      this.#timer,
      this.#save,
      this.#live,
      h("span", { class: "rule" }),
      tool("Undo", "u", "undo"),
      tool("Note", "n", "note", "small"),
      tool("Guideline", "m", "guideline"),
      tool("Panel", "i", "panel"),
      tool("Keys", "?", "keys", "wide"),
    );
  }

  showProgress({ labelled, wanted }) {
    const share = wanted ? Math.min(1, labelled / wanted) : 0;
    this.#fill.style.width = `${share * 100}%`;
    this.#bar.setAttribute("aria-valuenow", labelled);
    this.#bar.setAttribute("aria-valuemax", wanted);
    this.#of.textContent = wanted ? `${count(labelled)} of ${count(wanted)}` : "";
  }

  /** Active time, or null where there is no document. */
  showTime(seconds, paused = false) {
    this.#timer.textContent = seconds === null ? "" : paused ? "paused" : minutes(seconds);
  }

  /** What is stored and what waits, to the eye at once, to a screen reader when it settles. */
  showSaved(saved, waiting, refused) {
    const words = [`${count(saved)} saved`];
    if (waiting) words.push(`${count(waiting)} waiting`);
    if (refused) words.push(`${count(refused)} not stored`);
    const text = words.join(", ");
    this.#save.className = waiting || refused ? "save w" : "save";
    this.#save.replaceChildren(icon(waiting || refused ? "offline" : "keep"), h("span", { text }));
    clearTimeout(this.#say);
    this.#say = setTimeout(() => (this.#live.textContent = text), 900);
  }

  press(name, on) {
    this.buttons[name]?.classList.toggle("on", on);
    this.buttons[name]?.setAttribute("aria-expanded", String(on));
  }
}

export class Banner {
  node = h("div", { class: "banner", role: "alert", hidden: true });
  #shown = "";

  /** `parts`: {strong, text, aside, action, onAction}, or null for no banner. */
  show(parts) {
    const key = parts ? JSON.stringify([parts.strong, parts.text, parts.aside]) : "";
    if (key === this.#shown) return; // a countdown must not be read out every second
    const same = this.#shown && parts && JSON.parse(this.#shown).slice(0, 2).join() === [parts.strong, parts.text].join();
    this.#shown = key;
    this.node.hidden = !parts;
    if (!parts) return this.node.replaceChildren();
    if (same) return void (this.node.querySelector(".aside").textContent = parts.aside ?? "");
    this.node.replaceChildren(
      icon("offline"),
      h("span", {}, h("b", { text: `${parts.strong} ` }), parts.text),
      h("span", { class: "grow" }),
      h("span", { class: "nw aside", "aria-live": "off", text: parts.aside ?? "" }),
      parts.action ? button({ class: "btn", on: { click: parts.onAction } }, parts.action) : null,
    );
  }
}

export class VerdictBar {
  #chips = new Map();
  #verdicts = {};
  #scores = [];
  #enter = kbd("Enter");
  note;

  constructor(rubric, act) {
    const why = h("div", { class: "why", role: "group", "aria-label": "Reasons" });
    for (const reason of keyboardOrder(rubric.reasons)) {
      const chip = button(
        { class: "chip", "aria-pressed": "false", on: { click: (event) => act({ act: "reason", code: reason.code, alone: event.shiftKey }) } },
        kbd(reason.key),
        reason.name,
      );
      chip.setAttribute("aria-keyshortcuts", reason.key);
      this.#chips.set(reason.code, chip);
      why.append(chip);
    }
    why.style.setProperty("--half", Math.ceil(rubric.reasons.length / 2));
    this.note = h("textarea", { class: "note", rows: "2", maxlength: "4000", placeholder: "Note (optional)", "aria-label": "Note", "aria-keyshortcuts": "n" });
    this.note.addEventListener("blur", () => this.node.classList.remove("noting"));
    const verdict = (name, label, key) =>
      (this.#verdicts[name] = button(
        { class: `vb ${name}`, "aria-keyshortcuts": key, on: { click: () => act({ act: name }) } },
        h("span", { class: "l" }, icon(name), label),
        h("span", { class: "l ks" }, kbd(key)),
      ));
    const verdicts = h(
      "div",
      { class: "verd", role: "group", "aria-label": "Verdict" },
      verdict("keep", "Keep", "j"),
      verdict("unsure", "Unsure", "k"),
      verdict("reject", "Reject", "l"),
    );
    this.node = h("footer", { class: "dbar" }, why, h("div", { class: "mid" }, ...this.#scoreRow(rubric, act), h("label", { class: "notebox" }, this.note, kbd("n"))), verdicts);
  }

  /** `draft`: {reasons: Set, note, score, armed: verdict or null, waits: a reject waits for its reason}. */
  show(draft) {
    for (const [code, chip] of this.#chips) {
      const on = draft.reasons.has(code);
      chip.setAttribute("aria-pressed", String(on));
      chip.classList.toggle("on", on);
    }
    for (const [name, node] of Object.entries(this.#verdicts)) node.classList.toggle("arm", draft.armed === name);
    this.#enter.remove();
    if (draft.armed) this.#verdicts[draft.armed].querySelector(".ks").append(this.#enter);
    this.node.classList.toggle("waits", draft.waits);
    this.#scores.forEach((node, value) => node.setAttribute("aria-pressed", String(draft.score === value)));
    if (this.note.value !== draft.note) this.note.value = draft.note;
  }

  /** Go to the note; on a narrow screen it comes out for that. */
  openNote() {
    this.node.classList.add("noting");
    this.note.focus();
  }

  enable(on) {
    this.node.toggleAttribute("inert", !on);
    this.node.classList.toggle("off", !on);
  }

  #scoreRow(rubric, act) {
    if (rubric.score === "off") return [];
    this.#scores = [0, 1, 2, 3, 4, 5].map((value) =>
      button({ class: "score", "aria-pressed": "false", on: { click: () => act({ act: "score", value }) } }, String(value)),
    );
    return [h("div", { class: "scores", role: "group", "aria-label": "Score, 0 to 5" }, h("span", { class: "t2", text: "Score" }), ...this.#scores)];
  }
}

/** Chips stand as their keys stand on the keyboard. */
function keyboardOrder(reasons) {
  const place = (key) => "qwertyuiopasdfghjklzxcvbnm".indexOf(key);
  return [...reasons].sort((a, b) => place(a.key) - place(b.key));
}
