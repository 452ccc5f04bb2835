// The documents in the browser: the one on the screen, those that come next, those judged a moment ago.

const REMEMBERED = 40; // judged documents whose text stays at hand for undo
const WAIT = 10; // documents that come between putting one off and its return

export class Queue {
  #next = [];
  #past = new Map(); // doc_id -> item, oldest first
  #aside = new Map(); // doc_id -> {item, waited}, put off, oldest first; null for one whose text is still to come
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

  /** Names of the documents put off. */
  get asideNames() {
    return [...this.#aside].filter(([, one]) => one).map(([name]) => name);
  }

  add(items) {
    const known = new Set(this.names);
    for (const item of items) {
      if (this.#aside.get(item.doc_id) === null) this.#aside.set(item.doc_id, { item, waited: 0 });
      else if (!known.has(item.doc_id) && !this.#aside.has(item.doc_id)) this.#next.push(item);
    }
  }

  /** Documents of these names are put off as soon as they come. */
  expectAside(names) {
    for (const name of names) this.#aside.set(name, null);
  }

  /** How many of them have not come yet. */
  get expected() {
    return [...this.#aside.values()].filter((one) => one === null).length;
  }

  /** Whatever has not come by now went to somebody else. */
  expectNoMore() {
    for (const [name, one] of this.#aside) if (one === null) this.#aside.delete(name);
  }

  isAside(name) {
    return Boolean(this.#aside.get(name));
  }

  /** Put the current document off, and go on with another. */
  setAside() {
    for (const one of this.#aside.values()) if (one) one.waited += 1;
    this.#aside.set(this.current.doc_id, { item: this.current, waited: 0 });
    this.current = this.#returning(WAIT) ?? this.#next.shift() ?? this.#returning(0);
  }

  /** Go on with a document that was put off; the current one waits right behind it. */
  takeUp(name) {
    const { item } = this.#aside.get(name);
    this.#aside.delete(name);
    this.comeBack(item);
  }

  /** The document put off longest, when it waited for `least` others. */
  #returning(least) {
    for (const [name, one] of this.#aside) {
      if (!one || one.waited < least) continue;
      this.#aside.delete(name);
      return one.item;
    }
    return null;
  }

  /** Let go of documents that went to somebody else; the one on the screen stays until it is judged. */
  remove(names) {
    const gone = new Set(names);
    this.#next = this.#next.filter((item) => !gone.has(item.doc_id));
    for (const name of gone) this.#aside.delete(name);
  }

  /** The current document is judged: the next one takes its place. */
  advance() {
    if (this.current) {
      this.remember(this.current);
      for (const one of this.#aside.values()) if (one) one.waited += 1;
    }
    this.current = this.#returning(WAIT) ?? this.#next.shift() ?? this.#returning(0);
    return this.current;
  }

  /** Come back to a document; the current one waits right behind it. */
  comeBack(item) {
    this.#next = this.#next.filter((one) => one.doc_id !== item.doc_id);
    this.#aside.delete(item.doc_id);
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
