// Beside the text: what waits, what was refused, what the document is, which marks it has. Never a score, a shard
// name or anybody's verdict, but on training draws where a lead allows it.

import { button, clock, count, h, icon } from "./dom.js";
import { KINDS } from "./evidence.js";
import { hiddenCounts } from "./hidden.js";
import { actKey } from "./keys.js";
import { besideNodes, signalNodes } from "./signals.js";

export class Panel {
  #waiting = h("section", { class: "waiting", hidden: true });
  #later = h("section", { hidden: true });
  #facts = h("section");
  #marks = h("section");
  #hidden = h("section", { hidden: true });
  #beside = h("section", { hidden: true });
  #signals = h("section", { hidden: true });
  #act;

  /** `act`: sendAgain(label_id), drop(label_id), toggleKind(kind), toggleMarks(), resume(doc_id). */
  constructor(act) {
    this.#act = act;
    this.node = h("aside", { class: "side", "aria-label": "Document facts" }, this.#waiting, this.#later, this.#facts, this.#beside, this.#marks, this.#signals, this.#hidden);
  }

  /** Refused labels always, waiting ones when `list` is true (a moment's wait is no news). */
  showOutbox(refused, waiting, list) {
    const rows = [];
    if (refused.length) {
      rows.push(h("h3", { text: "Not stored" }, h("span", { class: "grow" }), h("span", { class: "t2", text: count(refused.length) })));
      for (const entry of refused) rows.push(this.#refusedRow(entry));
    }
    if (waiting.length && list) {
      rows.push(
        h("h3", { text: "Waiting to be stored" }, h("span", { class: "grow" }), h("span", { class: "t2", text: count(waiting.length) })),
      );
      for (const entry of waiting.slice(-8).reverse()) rows.push(waitingRow(entry));
      if (waiting.length > 8) rows.push(h("p", { class: "t2", text: `and ${count(waiting.length - 8)} more` }));
    }
    this.#waiting.replaceChildren(...rows);
    this.#waiting.hidden = rows.length === 0;
  }

  /** Documents put off: [{name, title}], oldest first. */
  showLater(entries) {
    this.#later.hidden = entries.length === 0;
    if (!entries.length) return this.#later.replaceChildren();
    const rows = entries.map(({ name, title }) =>
      h("div", { class: "off" }, h("span", { class: "cut", text: title, dir: "auto" }), button({ class: "tb", on: { click: () => this.#act.resume(name) } }, "Take up")),
    );
    return this.#later.replaceChildren(h("h3", { text: "For later" }, h("span", { class: "grow" }), h("span", { class: "t2", text: count(entries.length) })), ...rows);
  }

  showDocument(prose) {
    const list = h("dl", { class: "kv" });
    for (const [name, value] of prose ? prose.item.facts : []) {
      list.append(h("dt", { text: name }), h("dd", { text: value, dir: "auto", title: value }));
    }
    if (prose?.rtl) list.append(h("dt", { text: "Direction" }), h("dd", { text: "right to left" }));
    this.#facts.replaceChildren(...(prose ? [h("h3", { text: "Document" }), list] : []));
    this.#facts.hidden = !prose;
    fill(this.#beside, prose ? besideNodes(prose.item.beside) : []);
    fill(this.#signals, prose ? signalNodes(prose.item.signals) : []);
  }

  showMarks(prose, reader) {
    this.#marks.hidden = !prose;
    this.#hidden.hidden = !prose || !reader.hidden;
    if (!prose) return;
    const counts = {};
    for (const mark of prose.marks) counts[mark.kind] = (counts[mark.kind] ?? 0) + 1;
    const rows = Object.entries(KINDS).map(([kind, name]) => this.#legendRow(kind, name, counts[kind] ?? 0, reader));
    const all = button(
      { class: "tb all", "aria-pressed": String(reader.marksOn), on: { click: () => this.#act.toggleMarks() } },
      "all on or off",
      actKey("highlights"),
    );
    this.#marks.replaceChildren(h("h3", { text: "Highlights" }, h("span", { class: "grow" }), all), ...rows);
    this.#marks.classList.toggle("off", !reader.marksOn);
    if (reader.hidden) this.#showHidden(prose);
  }

  #showHidden(prose) {
    const found = hiddenCounts(prose.text);
    const rows = found.slice(0, 24).map(({ sign, name, count: number }) =>
      h("div", { class: "lg" }, h("span", {}, h("b", { class: "sign", text: sign }), ` ${name}`), h("span", { class: "num t2", text: count(number) })),
    );
    if (!rows.length) rows.push(h("p", { class: "t2", text: "Nothing but spaces and line ends." }));
    this.#hidden.replaceChildren(h("h3", { text: "Hidden characters" }), ...rows);
  }

  #legendRow(kind, name, number, reader) {
    const on = reader.on.has(kind);
    const toggle = button({
      class: on ? "sw" : "sw off",
      role: "switch",
      "aria-checked": String(on),
      "aria-label": `Highlight ${name.toLowerCase()}`,
      on: { click: () => this.#act.toggleKind(kind) },
    });
    return h(
      "div",
      { class: "lg" },
      h("span", {}, h("mark", { class: kind, text: name })),
      h("span", { class: "num t2", text: count(number) }),
      toggle,
    );
  }

  #refusedRow(entry) {
    const id = entry.label.label_id;
    return h(
      "div",
      { class: "refused" },
      h("div", { class: "wait" }, badge(entry.label), h("span", { class: "cut", text: entry.title, dir: "auto" }), h("span", { class: "t2", text: clock(entry.at) })),
      h("p", {}, h("b", { text: "not stored: " }), entry.reason),
      h(
        "div",
        { class: "rowb" },
        button({ class: "btn", on: { click: () => this.#act.sendAgain(id) } }, "Send again"),
        button({ class: "btn", on: { click: () => this.#act.drop(id) } }, "Drop"),
      ),
    );
  }
}

function fill(section, nodes) {
  section.replaceChildren(...nodes);
  section.hidden = nodes.length === 0;
}

function badge(label) {
  if (label.verdict === null) return h("span", { class: "badge" }, icon("undo"), "undo");
  return h("span", { class: `badge ${label.verdict}` }, icon(label.verdict), label.verdict);
}

function waitingRow(entry) {
  return h(
    "div",
    { class: "wait" },
    badge(entry.label),
    h("span", { class: "cut", text: entry.title, dir: "auto" }),
    h("span", { class: "t2", text: clock(entry.at) }),
  );
}
