// The frame above the text: top bar and banner.

import { button, count, h, icon, minutes, setTo, write } from "./dom.js";
import { actKey } from "./keys.js";

export class TopBar {
  #fill = h("i");
  #bar = h("span", { class: "prog", role: "progressbar", "aria-label": "Documents with a label", "aria-valuemin": "0" }, this.#fill);
  #of = h("span", { class: "nw" });
  #timer = h("span", { class: "t3 nw", title: "Active time on this document. Idle time is left out." });
  #said = h("span");
  #fine = icon("keep");
  #waits = icon("offline");
  #save = h("span", { class: "save" }, this.#fine, this.#waits, this.#said);
  #live = h("span", { class: "unseen", role: "status", "aria-live": "polite" });
  #say = 0;
  buttons = {};

  constructor(name, act) {
    const tool = (label, does, extra = "") =>
      (this.buttons[does] = button({ class: `tb ${extra}`, on: { click: () => act(does) } }, label, actKey(does)));
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
      tool("Undo", "undo"),
      tool("Later", "later"),
      tool("Note", "note", "small"),
      tool("Guideline", "guideline"),
      tool("Panel", "panel"),
      tool("Keys", "keys", "wide"),
    );
  }

  showProgress({ labelled, wanted }) {
    const share = wanted ? Math.min(1, labelled / wanted) : 0;
    this.#fill.style.width = `${share * 100}%`;
    setTo(this.#bar, "aria-valuenow", String(labelled));
    setTo(this.#bar, "aria-valuemax", String(wanted));
    write(this.#of, wanted ? `${count(labelled)} of ${count(wanted)}` : "");
  }

  /** Active time, or null where there is no document. */
  showTime(seconds, paused = false) {
    write(this.#timer, seconds === null ? "" : paused ? "paused" : minutes(seconds));
  }

  /** What is stored and what waits, to the eye at once, to a screen reader when it settles. */
  showSaved(saved, waiting, refused) {
    const words = [`${count(saved)} saved`];
    if (waiting) words.push(`${count(waiting)} waiting`);
    if (refused) words.push(`${count(refused)} not stored`);
    const text = words.join(", ");
    const attention = waiting > 0 || refused > 0;
    this.#save.classList.toggle("w", attention);
    this.#fine.toggleAttribute("hidden", attention);
    this.#waits.toggleAttribute("hidden", !attention);
    write(this.#said, text);
    clearTimeout(this.#say);
    this.#say = setTimeout(() => (this.#live.textContent = text), 900);
  }

  /** A dot at a button, and in words why: there is something new behind it. None for no words. */
  mark(name, why) {
    const owner = this.buttons[name];
    owner.classList.toggle("new", why !== "");
    owner.querySelector(".unseen")?.remove();
    if (why) owner.append(h("span", { class: "unseen", text: `, ${why}` }));
    owner.title = why;
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
