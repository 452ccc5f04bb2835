// How this reviewer likes the desk: which marks, panel or not, how large. Kept in this browser.

const SIZES = [0.8, 0.9, 1, 1.12, 1.25, 1.4, 1.6];
const NARROW = 700; // px: below, the panel covers the text, so it begins closed

export class View {
  #key;
  #node;
  #choice = { off: [], marks: true, panel: null, size: 2 };

  constructor(space, node) {
    this.#key = `${space}:view`;
    this.#node = node;
    try {
      Object.assign(this.#choice, JSON.parse(localStorage.getItem(this.#key) ?? "{}"));
    } catch {
      // Unreadable or forbidden: the defaults do.
    }
  }

  /** Apply everything to the page and the reader. */
  apply(reader) {
    for (const kind of this.#choice.off) reader.on.delete(kind);
    reader.marksOn = this.#choice.marks;
    this.#node.classList.toggle("nopanel", !this.panel);
    this.#node.style.setProperty("--zoom", SIZES[this.#choice.size] ?? 1);
    this.#node.dataset.theme = isDark(this.#node) ? "dark" : "light";
  }

  get panel() {
    return this.#choice.panel ?? innerWidth >= NARROW;
  }

  togglePanel() {
    this.#choice.panel = !this.panel;
    this.#node.classList.toggle("nopanel", !this.panel);
    this.#keep();
  }

  toggleMarks(reader) {
    reader.marksOn = !reader.marksOn;
    this.#choice.marks = reader.marksOn;
    this.#keep();
  }

  toggleKind(reader, kind) {
    if (!reader.on.delete(kind)) reader.on.add(kind);
    const off = new Set(this.#choice.off);
    if (!off.delete(kind)) off.add(kind);
    this.#choice.off = [...off];
    this.#keep();
  }

  zoom(step) {
    this.#choice.size = Math.min(SIZES.length - 1, Math.max(0, this.#choice.size + step));
    this.#node.style.setProperty("--zoom", SIZES[this.#choice.size]);
    this.#keep();
  }

  #keep() {
    try {
      localStorage.setItem(this.#key, JSON.stringify(this.#choice));
    } catch {
      // A preference is not worth a word.
    }
  }
}

/** Whether Streamlit's theme is a dark one, by the lightness of its background. */
function isDark(node) {
  const probe = document.createElement("i");
  probe.style.cssText = "display:none;color:var(--st-background-color, #fff)";
  node.append(probe);
  const [red, green, blue] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  probe.remove();
  return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
}
