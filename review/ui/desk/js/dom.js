// Elements without HTML strings: whatever a document holds can only ever become a text node.

const SVG = "http://www.w3.org/2000/svg";

const ICONS = {
  keep: ["M3 8.5l3.2 3.2L13 4.8"],
  unsure: ["M5.6 6a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7", "M8 12.4v.1"],
  reject: ["M4 4l8 8M12 4l-8 8"],
  offline: ["M2.5 6.5a8 8 0 0 1 11 0M4.8 9a4.7 4.7 0 0 1 6.4 0M8 12v.1M3 2.8l10 10.4"],
  undo: ["M6 3.5L3 6.5l3 3", "M3 6.5h6.2a3.3 3.3 0 0 1 0 6.6H6"],
};

/** An element. `props`: `on` maps event names to listeners, `text` sets textContent, the rest become attributes. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "text") node.textContent = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Give an element this text and nothing else, without a new node or a new layout where one can be spared. */
export function write(node, text) {
  const { firstChild } = node;
  if (firstChild?.nodeType !== Node.TEXT_NODE || firstChild.nextSibling) node.textContent = text;
  else if (firstChild.data !== text) firstChild.data = text;
}

/** Set an attribute that may have this value already. */
export function setTo(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", "ic");
  svg.setAttribute("aria-hidden", "true");
  for (const line of ICONS[name]) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

export function kbd(key) {
  return h("kbd", { text: key.length === 1 ? key.toUpperCase() : key, "aria-hidden": "true" });
}

/** A button that leaves the focus where it was when clicked, so that Enter and Space stay the desk's keys. */
export function button(props, ...children) {
  const node = h("button", { type: "button", ...props }, ...children);
  node.addEventListener("mousedown", (event) => event.preventDefault());
  return node;
}

/** When the browser has nothing better to do, or soon. */
export function idle() {
  return new Promise((resolve) => (window.requestIdleCallback ? requestIdleCallback(resolve, { timeout: 200 }) : setTimeout(resolve, 20)));
}

/** 12345 as "12 345", with a no-break space. */
export function count(number) {
  return String(Math.round(number)).replace(/\B(?=(\d{3})+$)/g, "\u00a0");
}

export function clock(time) {
  const at = new Date(time);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

export function minutes(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/** A random name, also where crypto.randomUUID is missing (plain http on a network address). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
