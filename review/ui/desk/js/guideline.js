// The guideline beside the text, with its reasons and examples. Written by leads: headings, lists, bold and code, all as
// text nodes.

import { button, count, h, icon, kbd } from "./dom.js";
import { actKey } from "./keys.js";

const EXAMPLE = 1_500; // characters of an example that are shown

export class Guideline {
  #body = h("div", { class: "guide" });
  #title = h("span", { class: "t2" });
  #news = h("div", { class: "news", hidden: true });
  #find;
  #onRead;
  #top = 0; // where the reader was in it

  /** `onRead()` marks the version that is shown as read; it resolves to a sentence when that failed, else to "". */
  constructor(onClose, onRead) {
    this.#onRead = onRead;
    this.#find = h("input", { type: "search", class: "inp", placeholder: "Find in the guideline", "aria-label": "Find in the guideline" });
    this.#find.addEventListener("input", () => this.#filter());
    this.node = h(
      "aside",
      { class: "drawer", "aria-label": "Guideline", tabindex: "-1", hidden: true },
      h("div", { class: "rowb head" }, h("h2", { text: "Guideline" }), this.#title, h("span", { class: "grow" }), button({ class: "tb", on: { click: onClose } }, "Close", actKey("guideline"))),
      this.#find,
      this.#news,
      this.#body,
    );
  }

  show(rubric) {
    this.#title.textContent = `version ${rubric.version}`;
    this.#showNews(rubric);
    const rows = (named) => h("div", { class: "reasons" }, ...named.map(([key, text]) => h("div", {}, kbd(key), h("span", { text }))));
    const hinted = Object.entries(rubric.hints).filter(([, hint]) => hint);
    const verdicts = hinted.map(([name, hint]) => [rubric.acts[name].key, `${rubric.acts[name].name}: ${hint}`]);
    const anchored = rubric.anchors.map((text, score) => [String(score), text]).filter(([, text]) => text);
    this.#body.replaceChildren(
      ...markdown(rubric.guideline, new Set(rubric.news?.lines)),
      ...(verdicts.length ? [h("h3", { text: "Verdicts" }), rows(verdicts)] : []),
      ...(anchored.length ? [h("h3", { text: "Scores" }), rows(anchored)] : []),
      h("h3", { text: "Reasons" }),
      rows(rubric.reasons.map(({ key, name }) => [key, name])),
      ...examplesOf(rubric),
    );
  }

  async #read(said) {
    const why = await this.#onRead();
    if (why) said.textContent = why;
    else if (!this.node.hidden) this.node.focus({ preventScroll: true }); // the button is gone
  }

  #showNews({ news, read, version }) {
    this.#news.hidden = read === version || (read !== null && !news);
    this.#news.classList.toggle("changed", Boolean(news));
    const said = h("span", { role: "status" });
    const what = news
      ? [h("b", { text: `Changed since you ${read === null ? "judged by" : "read"} version ${news.since}: ` }), `${news.what.join(", ")}. ${news.lines.length ? "New lines are marked." : ""}`]
      : ["You have not marked this guideline as read."];
    const mark = button({ class: "btn", on: { click: () => this.#read(said) } }, "Mark as read");
    this.#news.replaceChildren(h("p", {}, ...what), mark, said);
  }

  /** Open or close it. It takes the focus, so that scroll and page keys move in it, and comes back where it was. */
  toggle(on = this.node.hidden) {
    this.#find.blur();
    if (!on) this.#top = this.node.scrollTop;
    this.node.hidden = !on;
    if (!on) return on;
    this.node.focus({ preventScroll: true });
    this.node.scrollTop = this.#top;
    return on;
  }

  /** Scroll by whole pages, or by lines. */
  move(pages, lines = 0) {
    this.node.scrollBy({ top: pages * this.node.clientHeight * 0.88 + lines * 60 });
  }

  #filter() {
    const wanted = this.#find.value.trim().toLowerCase();
    for (const node of this.#body.children) node.hidden = wanted !== "" && !node.textContent.toLowerCase().includes(wanted);
  }
}

/** What shows the guideline's meaning: texts to keep first, then those to reject, by reason. */
function examplesOf({ examples, reasons, acts }) {
  const groups = [["", null], ...reasons.map((reason) => [reason.code, reason])]
    .map(([code, reason]) => [reason, examples.filter((one) => one.reason === code)])
    .filter(([, group]) => group.length);
  if (!groups.length) return [];
  return [h("h3", { text: "Examples" }), ...groups.map(([reason, group]) => exampleGroup(reason, group, acts))];
}

function exampleGroup(reason, group, acts) {
  const verdict = reason ? "reject" : "keep";
  const head = h("div", { class: "rowb" }, h("span", { class: `badge ${verdict}` }, icon(verdict), acts[verdict].name));
  if (reason) head.append(kbd(reason.key), h("b", { text: reason.name }));
  const texts = group.flatMap(({ text, note }) => {
    const rest = text.length - EXAMPLE;
    return [
      h("div", { class: "ntext", translate: "no", dir: "auto", text: rest > 0 ? `${text.slice(0, EXAMPLE)}…` : text }),
      rest > 0 ? h("p", { class: "t2", text: `${count(rest)} more characters` }) : null,
      note ? h("p", { dir: "auto", text: note }) : null,
    ];
  });
  return h("section", { class: "example" }, head, ...texts);
}

/**
 * A little Markdown: #, -, 1., **bold**, `code`, blank lines. Anything else stays as it is written. `fresh` are lines,
 * trimmed, that are new to the reader: what they stand in has the class "fresh".
 */
export function markdown(text, fresh = new Set()) {
  const nodes = [];
  let list = null;
  let lines = [];
  const mark = (node, of) => {
    if (of.some((line) => fresh.has(line.trim()))) node.classList.add("fresh");
    return node;
  };
  const flush = () => {
    if (lines.length) nodes.push(mark(h("p", {}, ...inline(lines.join(" "))), lines));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const heading = /^#{1,4}\s+(.+)$/.exec(line);
    const bullet = /^\s*(?:[-*]|(\d+)[.)])\s+(.+)$/.exec(line);
    if (!bullet) list = null;
    if (heading) {
      flush();
      nodes.push(mark(h("h3", {}, ...inline(heading[1])), [line]));
    } else if (bullet) {
      flush();
      const [, number, item] = bullet;
      const kind = number ? "OL" : "UL";
      if (list?.tagName !== kind) nodes.push((list = h(kind, number ? { start: number } : {})));
      list.append(mark(h("li", {}, ...inline(item)), [line]));
    } else if (!line.trim()) {
      flush();
    } else {
      lines.push(line.trim());
    }
  }
  flush();
  return nodes;
}

function inline(text) {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith("**") && part.length > 4) return h("b", { text: part.slice(2, -2) });
    if (part.startsWith("`") && part.length > 2) return h("code", { text: part.slice(1, -1) });
    return document.createTextNode(part);
  });
}
