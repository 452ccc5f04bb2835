// A document and the verdicts on it, in one element: what is said is always said of the text that is on screen.

const ACTS = { j: "keep", k: "unsure", l: "reject", s: "skip", u: "undo" };
const NAMES = { skip: "Pass over", undo: "Undo" }; // verdicts are called what the rubric calls them
const places = new Map(); // parent element -> Place

class Place {
  constructor(parent, send) {
    this.send = send;
    this.text = make("div", { class: "text", tabindex: "0", role: "document", "aria-label": "Document" });
    this.bar = make("div", { class: "acts", role: "group", "aria-label": "Your verdict" });
    for (const [key, act] of Object.entries(ACTS)) {
      const name = make("span", {}, NAMES[act] ?? "");
      const button = make("button", { class: act, type: "button" }, name, make("kbd", {}, key.toUpperCase()));
      button.addEventListener("click", () => this.say(act));
      this.bar.append(button);
      this[act] = button;
    }
    this.root = make("div", { class: "ruling" }, this.text, this.bar);
    parent.append(this.root);
    this.onKey = (event) => this.key(event);
    window.addEventListener("keydown", this.onKey, true);
  }

  show(data) {
    const fresh = data.doc_id !== this.data?.doc_id;
    const whole = data.hidden !== this.data?.hidden;
    this.data = data;
    this.waiting = false;
    this.undo.disabled = !data.undo;
    for (const [act, { name, hint }] of Object.entries(data.verdicts)) {
      this[act].firstChild.textContent = name;
      this[act].title = hint;
    }
    this.root.style.setProperty("--height", `${data.height}px`);
    if (!fresh && !whole) return;
    const nodes = data.parts.map((part) => make("span", { dir: "auto" }, part));
    if (data.hidden) {
      const more = make("button", { class: "more", type: "button" }, data.more);
      more.addEventListener("click", () => this.say("whole"));
      nodes.splice(1, 0, more);
    }
    this.text.replaceChildren(...nodes);
    if (fresh) this.text.scrollTop = 0;
  }

  key(event) {
    const target = event.composedPath()[0];
    const typing = target instanceof Element && (target.isContentEditable || /^(TEXTAREA|SELECT|INPUT)$/.test(target.tagName));
    if (typing || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    const latin = event.key.charCodeAt(0) < 128 || !/^Key[A-Z]$/.test(event.code);
    const act = ACTS[(latin ? event.key : event.code.slice(3)).toLowerCase()];
    if (!act || event.key.length !== 1) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.say(act);
  }

  say(act) {
    if (this.waiting || (act === "undo" && this.undo.disabled)) return;
    this.waiting = true; // until what it did is drawn
    this.send({ act, doc_id: this.data.doc_id, n: this.data.n });
  }

  end() {
    window.removeEventListener("keydown", this.onKey, true);
    this.root.remove();
  }
}

function make(tag, attributes, ...inner) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...inner);
  return node;
}

export default function ({ data, parentElement, setTriggerValue }) {
  let place = places.get(parentElement);
  if (!place) {
    // The page draws one: another is left from a run before, and must not hear keys any more.
    for (const [parent, old] of places) {
      old.end();
      places.delete(parent);
    }
    place = new Place(parentElement, (said) => setTriggerValue("said", said));
    places.set(parentElement, place);
  }
  place.show(data);
  return () => {
    places.get(parentElement)?.end();
    places.delete(parentElement);
  };
}
