// The document's signals beside its text, the unusual first, each with its place among what was drawn from its shard.

import { h } from "./dom.js";

const SPACE = "http://www.w3.org/2000/svg";
const WIDTH = 96;
const HEIGHT = 18;

const built = new WeakMap(); // item -> section

/**
 * The section of a document's signals: built once, best before it is shown. `item.signals` as the server sends them;
 * null while it cannot count them yet, and then the section says so; undefined where none are shown.
 */
export function signalSection(item) {
  if (!built.has(item)) built.set(item, h("section", { hidden: item.signals === undefined }, ...build(item.signals)));
  return built.get(item);
}

function build(signals) {
  if (signals === undefined) return [];
  const compared = signals?.some((one) => one.strip);
  const against = compared ? "against its shard" : signals ? "too few drawn to compare" : "";
  const head = h("h3", { text: "Signals" }, h("span", { class: "grow" }), h("span", { class: "t2", text: against }));
  if (!signals) return [head, h("p", { class: "t2", text: "Not counted yet; the next documents have them." })];
  return [head, ...signals.map(signalRow)];
}

/** What a lead lets training draws show. */
export function besideNodes(beside = {}) {
  const rows = [];
  if (beside.score) rows.push(h("dt", { text: "Model score" }), h("dd", { text: beside.score }));
  if (beside.shard) rows.push(h("dt", { text: "Shard" }), h("dd", { text: beside.shard, title: beside.shard }));
  for (const [who, verdict, reasons] of beside.labels ?? []) {
    rows.push(h("dt", { text: who, dir: "auto" }), h("dd", { text: reasons ? `${verdict}: ${reasons}` : verdict, dir: "auto" }));
  }
  return rows.length ? [h("h3", { text: "Training draw" }), h("dl", { class: "kv" }, ...rows)] : [];
}

function signalRow({ name, value, told, unusual, strip, at }) {
  return h(
    "div",
    { class: unusual ? "sg odd" : "sg", title: told },
    h("span", { text: name }),
    strip ? stripNode(strip, at) : h("span"),
    h("span", { class: "num", text: value }),
    told ? h("span", { class: unusual ? "told" : "unseen", text: told }) : null,
  );
}

function stripNode(strip, at) {
  const step = WIDTH / strip.length;
  const most = Math.max(...strip);
  const bars = strip.map((number, index) => {
    const high = number ? Math.max(1.5, (HEIGHT * number) / most) : 0;
    return high ? `M${(index * step).toFixed(1)} ${HEIGHT}v${-high.toFixed(1)}h${(step - 0.8).toFixed(1)}v${high.toFixed(1)}z` : "";
  });
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", `0 0 ${WIDTH} ${HEIGHT}`);
  svg.setAttribute("class", "strip");
  svg.setAttribute("aria-hidden", "true");
  for (const [name, line] of [["bars", bars.join("")], ["here", `M${((at + 0.5) * step).toFixed(1)} 0v${HEIGHT}`]]) {
    const path = document.createElementNS(SPACE, "path");
    path.setAttribute("class", name);
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}
