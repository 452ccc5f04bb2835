// The verdict bar below the text: reasons on the left, note and score in the middle, verdicts on the right.

import { button, h, icon, kbd, setTo, write } from "./dom.js";
import { actKey } from "./keys.js";

export class VerdictBar {
  #chips = new Map(); // reason code -> button
  #verdicts = {}; // verdict -> button; a score that is a verdict stands in for it
  #scores = [];
  #enter = kbd("Enter");
  #prompt = h("span", { class: "prompt", role: "status" });
  #rubric;
  note;

  constructor(rubric, act) {
    this.#rubric = rubric;
    const instead = rubric.score === "instead";
    this.note = h("textarea", { class: "note", rows: "2", maxlength: "4000", placeholder: "Note (optional)", "aria-label": "Note" });
    this.note.addEventListener("blur", () => this.node.classList.remove("noting"));
    const verdicts = h(
      "div",
      { class: instead ? "verd six" : "verd", role: "group", "aria-label": instead ? "Score, or unsure" : "Verdict" },
      ...(instead ? this.#scoreVerdicts(act) : [this.#verdict("keep", act)]),
      this.#verdict("unsure", act),
      instead ? null : this.#verdict("reject", act),
    );
    const middle = h("div", { class: "mid" }, ...this.#scoreRow(act), h("label", { class: "notebox" }, this.note, actKey("note")));
    this.node = h("footer", { class: "dbar", "aria-label": "Judgement" }, this.#prompt, this.#why(act), middle, verdicts);
  }

  /** `draft`: {reasons: Set, note, score, armed: verdict or null, waits: a reject waits for its reason}. */
  show(draft) {
    for (const [code, chip] of this.#chips) {
      const on = draft.reasons.has(code);
      setTo(chip, "aria-pressed", String(on));
      chip.classList.toggle("on", on);
    }
    const { score: mode, require_reason: must } = this.#rubric;
    const armed = draft.armed === null ? null : mode === "instead" && draft.score !== null ? this.#scores[draft.score] : this.#verdicts[draft.armed];
    for (const node of [...Object.values(this.#verdicts), ...this.#scores]) node.classList.toggle("arm", node === armed);
    this.#enter.remove();
    if (armed) armed.querySelector(".ks")?.append(this.#enter);
    this.node.classList.toggle("waits", draft.waits);
    if (mode === "also") this.#scores.forEach((node, value) => setTo(node, "aria-pressed", String(draft.score === value)));
    if (this.note.value !== draft.note) this.note.value = draft.note;
    this.say(draft.waits ? `Why reject it? A reason goes on${must ? "." : ", Enter goes on without one."}` : "");
  }

  /** One sentence over the bar, for a moment's need. */
  say(text) {
    write(this.#prompt, text);
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

  #why(act) {
    const { reasons } = this.#rubric;
    const why = h("div", { class: "why", role: "group", "aria-label": "Reasons" });
    for (const { code, name, key } of keyboardOrder(reasons)) {
      const click = (event) => act({ act: "reason", code, alone: event.shiftKey });
      const chip = button({ class: "chip", "aria-pressed": "false", "aria-keyshortcuts": key, on: { click } }, kbd(key), name);
      this.#chips.set(code, chip);
      why.append(chip);
    }
    why.style.setProperty("--half", Math.ceil(reasons.length / 2));
    return why;
  }

  #verdict(name, act) {
    const click = () => act({ act: name });
    return (this.#verdicts[name] = button(
      { class: `vb ${name}`, title: this.#rubric.hints[name] || null, on: { click } },
      h("span", { class: "l" }, icon(name), this.#rubric.acts[name].name),
      h("span", { class: "l ks" }, actKey(name)),
    ));
  }

  /** Scores that are the verdict: coloured as what they mean. */
  #scoreVerdicts(act) {
    const { keep_from: keepFrom, anchors, acts } = this.#rubric;
    this.#scores = [0, 1, 2, 3, 4, 5].map((value) => {
      const means = value >= keepFrom ? "keep" : "reject";
      return button(
        { class: `vb ${means}`, "aria-keyshortcuts": String(value), "aria-label": `Score ${value}, ${acts[means].name}`, title: anchors[value] || null, on: { click: () => act({ act: "score", value }) } },
        h("span", { class: "l" }, icon(means)),
        h("span", { class: "l ks" }, kbd(String(value))),
      );
    });
    return this.#scores;
  }

  #scoreRow(act) {
    if (this.#rubric.score !== "also") return [];
    this.#scores = [0, 1, 2, 3, 4, 5].map((value) =>
      button({ class: "score", "aria-pressed": "false", "aria-keyshortcuts": String(value), title: this.#rubric.anchors[value] || null, on: { click: () => act({ act: "score", value }) } }, String(value)),
    );
    return [h("div", { class: "scores", role: "group", "aria-label": "Score, 0 to 5" }, h("span", { class: "t2", text: "Score" }), ...this.#scores)];
  }
}

/** Chips stand as their keys stand on the keyboard. */
function keyboardOrder(reasons) {
  const place = (key) => "qwertyuiop[]asdfghjkl;'zxcvbnm,./".indexOf(key);
  return [...reasons].sort((a, b) => place(a.key) - place(b.key));
}
