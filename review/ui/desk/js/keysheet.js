// All keys, drawn where they are on the keyboard, and changed there: press a cap, then the key it shall have.

import { button, h, kbd } from "./dom.js";
import { ALLOWED, keyName } from "./keys.js";

const ROWS = ["qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./"];
const FIXED = [
  [["Shift", "reason"], "reject for that reason alone"],
  [["Enter"], "confirm what is armed"],
  [["Ctrl", "Z"], "the same as undo, with Shift redo"],
  [["Shift", "undo"], "redo"],
  [["Shift", "later"], "back to what was put off first"],
  [["Space"], "page down, with Shift up"],
  [["Ctrl", "Enter"], "save the note and go on"],
  [["Esc"], "close, leave a field"],
];

export class KeySheet {
  #rubric;
  #choose;
  #editing = false;
  #chosen = null; // what the next key is for: an act, or "reason." and a code
  #said = h("p", { class: "t2 said", role: "status" });

  /** `choose(own)` keeps a reviewer's own keys; it answers with what is wrong, or "". */
  constructor(onClose, choose) {
    this.onClose = onClose;
    this.#choose = choose;
    this.body = h("div", { class: "modal", role: "dialog", "aria-modal": "true", "aria-label": "Keys", tabindex: "-1" });
    this.node = h("div", { class: "scrim", hidden: true }, this.body);
    this.node.addEventListener("click", (event) => event.target === this.node && onClose());
    this.node.addEventListener("keydown", (event) => this.#trap(event));
  }

  show(rubric) {
    this.#rubric = rubric;
    if (!this.node.hidden) this.#draw();
  }

  toggle(on = this.node.hidden) {
    this.#editing = false;
    this.#chosen = null;
    this.#said.textContent = this.#rubric.problems.join(" ");
    if (on) this.#draw();
    this.node.hidden = !on;
    if (on) this.body.focus();
    return on;
  }

  /** A key while the sheet is open: true when it was taken as the new key of what was chosen. */
  take(event) {
    if (!this.#chosen || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (event.key === "Escape") {
      this.#pick(null);
      return true;
    }
    const key = keyName(event);
    if (["Tab", "Enter", " ", "Shift"].includes(key)) return false;
    this.#give(this.#chosen, key);
    return true;
  }

  async #give(what, key) {
    if (!ALLOWED.test(key)) {
      this.#said.textContent = `${key} cannot be a key of the desk. Letters, 6 to 9 and , . / ? + - = ; ' [ ] \\ can.`;
      return;
    }
    const other = this.#meanings().find((one) => one.key === key && one.what !== what);
    if (other) {
      this.#said.textContent = `${key.toUpperCase()} is ${other.name}. Give ${other.name} another key first.`;
      return;
    }
    await this.#send({ ...this.#rubric.own, [what]: key }, `${this.#nameOf(what)} is ${key.toUpperCase()} now.`);
  }

  async #send(own, done) {
    this.#said.textContent = "Storing…";
    const wrong = await this.#choose(own);
    this.#said.textContent = wrong || done;
    if (!wrong) this.#pick(null);
  }

  #meanings() {
    const acts = Object.entries(this.#rubric.acts).map(([act, { name, key }]) => ({ what: act, name, key, kind: ["keep", "unsure", "reject"].includes(act) ? act : "act" }));
    const reasons = this.#rubric.reasons.map(({ code, name, key }) => ({ what: `reason.${code}`, name, key, kind: "why2" }));
    return [...acts, ...reasons];
  }

  #nameOf(what) {
    return this.#meanings().find((one) => one.what === what)?.name ?? "";
  }

  #pick(what) {
    this.#chosen = what;
    if (what) this.#said.textContent = `Press the new key for ${this.#nameOf(what)}. Esc leaves it as it is.`;
    this.#draw();
    this.body.querySelector(what ? ".cap.chosen" : ".edit")?.focus();
  }

  #edit() {
    this.#editing = !this.#editing;
    this.#said.textContent = this.#editing ? "Choose a key to move. It is stored for you alone, in every browser." : "";
    this.#pick(null);
  }

  #draw() {
    const meanings = this.#meanings();
    const byKey = new Map(meanings.filter((one) => one.key).map((one) => [one.key, one]));
    const drawn = new Set(ROWS.join(""));
    const others = meanings.filter((one) => !drawn.has(one.key));
    const edit = this.#editing
      ? [
          button({ class: "tb", on: { click: () => this.#send({}, "The project's keys are back.") }, disabled: Object.keys(this.#rubric.own).length === 0 }, "The project's keys"),
          button({ class: "tb edit on", on: { click: () => this.#edit() } }, "Done"),
        ]
      : [button({ class: "tb edit", on: { click: () => this.#edit() } }, "Change keys")];
    const score = this.#rubric.score === "off" ? [] : [[["0"], this.#rubric.score === "also" ? "to 5: score" : "to 5: score and go on"]];
    this.body.replaceChildren(
      h("div", { class: "rowb" }, h("h2", { text: "Keys" }), h("span", { class: "t2", text: "Left hand says why, right hand says what." }), h("span", { class: "grow" }), ...edit, button({ class: "tb", on: { click: this.onClose } }, "Close", kbd("Esc"))),
      this.#said,
      h(
        "div",
        { class: "kb" },
        ...ROWS.map((row) => h("div", { class: "kr" }, ...[...row].filter((key) => /[a-z,./]/.test(key) || byKey.has(key)).map((key) => this.#cap(key, byKey.get(key))))),
        h("div", { class: "kr rest" }, ...others.map((one) => this.#cap(one.key, one))),
      ),
      h(
        "div",
        { class: "kl" },
        ...[...FIXED, ...score].map(([keys, does]) => h("div", {}, h("span", { class: "nw" }, ...keys.flatMap((key, at) => (at ? [" + ", kbd(key)] : [kbd(key)]))), h("span", { text: does }))),
      ),
      h("p", { class: "t2", text: "Keys follow the letters on your keyboard. With an Arabic, Cyrillic or Greek layout they follow the positions drawn above." }),
    );
  }

  #cap(key, meaning) {
    const own = meaning && meaning.what in this.#rubric.own;
    const kind = meaning ? meaning.kind : "no";
    const inside = [h("b", { text: key ? key.toUpperCase() : "–" }), h("span", { text: meaning?.name ?? "" })];
    if (!this.#editing || !meaning) return h("div", { class: `cap ${kind}${own ? " own" : ""}` }, ...inside);
    const chosen = this.#chosen === meaning.what;
    return button(
      {
        class: `cap ${kind}${own ? " own" : ""}${chosen ? " chosen" : ""}`,
        "aria-pressed": String(chosen),
        "aria-label": `${meaning.name}, key ${key || "none"}`,
        on: { click: () => this.#pick(chosen ? null : meaning.what) },
      },
      ...inside,
    );
  }

  /** Tab goes round inside the sheet. */
  #trap(event) {
    if (event.key !== "Tab") return;
    const stops = [...this.body.querySelectorAll("button:not(:disabled)")];
    const active = this.body.getRootNode().activeElement;
    const last = event.shiftKey ? stops[0] : stops.at(-1);
    if (active !== last && active !== this.body) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0])?.focus();
  }
}
