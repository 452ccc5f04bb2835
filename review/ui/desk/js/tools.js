// Above the text: where it came from, and the tools for reading it.

import { button, h } from "./dom.js";
import { actKey } from "./keys.js";

/** `source` names where the document came from, `hidden` is the button of hidden characters. */
export function readingTools(act) {
  const tool = (label, does, props = {}) => button({ class: "tb", on: { click: () => act(does) }, ...props }, label, actKey(does));
  const hidden = tool("Hidden", "hidden", { "aria-pressed": "false", title: "Show hidden characters" });
  const source = h("span", { class: "from" });
  const node = h(
    "div",
    { class: "src" },
    source,
    h("span", { class: "grow" }),
    h(
      "span",
      { class: "tools", role: "toolbar", "aria-label": "Reading" },
      tool("Find", "find"),
      tool("Around", "neighbours", { title: "The rows before and after, to look at", "aria-expanded": "false" }),
      hidden,
      tool("A−", "smaller", { "aria-label": "Smaller text" }),
      tool("A+", "larger", { "aria-label": "Larger text" }),
    ),
  );
  return { node, source, hidden };
}
