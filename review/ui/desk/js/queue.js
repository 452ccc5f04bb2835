// The documents in the browser: the one on the screen, those that come next, those judged a moment ago.

const REMEMBERED = 40; // judged documents whose text stays at hand for undo

export class Queue {
  #next = [];
  #past = new Map(); // doc_id -> item, oldest first
  current = null;

  get length() {
    return this.#next.length + (this.current ? 1 : 0);
  }

  get upcoming() {
    return this.#next;
  }

  /** Names of the documents waiting here, the one on the screen first. */
  get names() {
    return [...(this.current ? [this.current] : []), ...this.#next].map((item) => item.doc_id);
  }

  add(items) {
    const known = new Set(this.names);
    for (const item of items) if (!known.has(item.doc_id)) this.#next.push(item);
  }

  /** Let go of documents that went to somebody else; the one on the screen stays until it is judged. */
  remove(names) {
    const gone = new Set(names);
    this.#next = this.#next.filter((item) => !gone.has(item.doc_id));
  }

  /** The current document is judged: the next one takes its place. */
  advance() {
    if (this.current) this.remember(this.current);
    this.current = this.#next.shift() ?? null;
    return this.current;
  }

  /** Put the current document behind the others. */
  postpone() {
    if (this.current && this.#next.length) this.#next.push(this.current);
    else return false;
    this.current = this.#next.shift();
    return true;
  }

  /** Come back to a document; the current one waits right behind it. */
  comeBack(item) {
    this.#next = this.#next.filter((one) => one.doc_id !== item.doc_id);
    if (this.current && this.current.doc_id !== item.doc_id) this.#next.unshift(this.current);
    this.current = item;
  }

  remember(item) {
    this.#past.delete(item.doc_id);
    this.#past.set(item.doc_id, item);
    if (this.#past.size > REMEMBERED) this.#past.delete(this.#past.keys().next().value);
  }

  recall(name) {
    return this.#past.get(name) ?? this.#next.find((item) => item.doc_id === name) ?? null;
  }
}

/** The first words of a document, to know it by in a list. */
export function titleOf(item) {
  const line = item.parts[0].text.slice(0, 400).split("\n").find((one) => one.trim());
  const words = (line ?? "").trim().slice(0, 60);
  return words || "(empty document)";
}
