// Beside the text: what waits, what was refused, what the document is, which marks it has. Never a score, a shard
// name or anybody's verdict, but on training draws where a lead allows it.

import { button, clock, count, h, icon, setTo, write } from "./dom.js";
import { KINDS } from "./evidence.js";
import { hiddenCounts } from "./hidden.js";
import { actKey } from "./keys.js";
import { Leaves } from "./leaves.js";
import { besideNodes, signalSection } from "./signals.js";

export class Panel {
  #waiting = h("section", { class: "waiting", hidden: true });
  #later = h("section", { hidden: true });
  #facts = h("section");
  #marks = h("section");
  #hidden = h("section", { hidden: true });
  #beside = h("section", { hidden: true });
  #signals = new Leaves(h("div", { hidden: true }));
  #act;
  #named = null; // names of the facts that stand there
  #values = [];
  #rows = new Map(); // kind -> {number, toggle}
  #all;
  #uncounted = h("p", { class: "t2", text: "Lines of other documents are still being counted.", hidden: true });

  /** `act`: sendAgain(label_id), drop(label_id), toggleKind(kind), toggleMarks(), resume(doc_id). */
  constructor(act) {
    this.#act = act;
    this.node = h("aside", { class: "side", "aria-label": "Document facts" }, this.#waiting, this.#later, this.#facts, this.#beside, this.#marks, this.#signals.node, this.#hidden);
  }

  /** Refused labels always, waiting ones when `list` is true (a moment's wait is no news). */
  showOutbox(refused, waiting, list) {
    if (!refused.length && !(waiting.length && list) && this.#waiting.hidden) return;
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
      h("div", { class: "put" }, h("span", { class: "cut", text: title, dir: "auto" }), button({ class: "tb", on: { click: () => this.#act.resume(name) } }, "Take up")),
    );
    return this.#later.replaceChildren(h("h3", { text: "For later" }, h("span", { class: "grow" }), h("span", { class: "t2", text: count(entries.length) })), ...rows);
  }

  showDocument(prose) {
    this.#facts.hidden = !prose;
    this.#signals.node.hidden = !prose;
    fill(this.#beside, prose ? besideNodes(prose.item.beside) : []);
    if (!prose) return;
    this.#signals.show(signalSection(prose.item), "now");
    const facts = prose.rtl ? [...prose.item.facts, ["Direction", "right to left"]] : prose.item.facts;
    const names = facts.map(([name]) => name).join("\n");
    if (this.#named !== names) {
      // Most documents of a corpus have the same facts: then only values change, and nothing is built anew.
      this.#named = names;
      this.#values = facts.map(() => h("dd", { dir: "auto" }));
      const list = h("dl", { class: "kv" }, ...facts.flatMap(([name], at) => [h("dt", { text: name }), this.#values[at]]));
      this.#facts.replaceChildren(h("h3", { text: "Document" }), list);
    }
    facts.forEach(([, value], at) => {
      write(this.#values[at], value);
      setTo(this.#values[at], "title", value);
    });
  }

  /** Lay out what will stand here when `item` comes. */
  ahead(item) {
    this.#signals.layBehind(signalSection(item));
  }

  showMarks(prose, reader) {
    this.#marks.hidden = !prose;
    this.#hidden.hidden = !prose || !reader.hidden;
    if (!prose) return;
    if (!this.#marks.childElementCount) this.#legend();
    const counts = {};
    for (const mark of prose.marks) counts[mark.kind] = (counts[mark.kind] ?? 0) + 1;
    for (const [kind, { number, toggle }] of this.#rows) {
      const on = reader.on.has(kind);
      write(number, count(counts[kind] ?? 0));
      toggle.classList.toggle("off", !on);
      setTo(toggle, "aria-checked", String(on));
    }
    setTo(this.#all, "aria-pressed", String(reader.marksOn));
    this.#uncounted.hidden = prose.item.shared !== null;
    this.#marks.classList.toggle("off", !reader.marksOn);
    if (reader.hidden) this.#showHidden(prose);
  }

  #legend() {
    this.#all = button({ class: "tb all", on: { click: () => this.#act.toggleMarks() } }, "all on or off", actKey("highlights"));
    this.#marks.append(h("h3", { text: "Highlights" }, h("span", { class: "grow" }), this.#all));
    for (const [kind, name] of Object.entries(KINDS)) {
      const number = h("span", { class: "num t2" });
      const toggle = button({
        class: "sw",
        role: "switch",
        "aria-label": `Highlight ${name.toLowerCase()}`,
        on: { click: () => this.#act.toggleKind(kind) },
      });
      this.#rows.set(kind, { number, toggle });
      this.#marks.append(h("div", { class: "lg" }, h("span", {}, h("mark", { class: kind, text: name })), number, toggle));
    }
    this.#marks.append(this.#uncounted);
  }

  #showHidden(prose) {
    const found = hiddenCounts(prose.text);
    const rows = found.slice(0, 24).map(({ sign, name, count: number }) =>
      h("div", { class: "lg" }, h("span", {}, h("b", { class: "sign", text: sign }), ` ${name}`), h("span", { class: "num t2", text: count(number) })),
    );
    if (!rows.length) rows.push(h("p", { class: "t2", text: "Nothing but spaces and line ends." }));
    this.#hidden.replaceChildren(h("h3", { text: "Hidden characters" }), ...rows);
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
