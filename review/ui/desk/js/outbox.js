// Labels that the server has not acknowledged. Each has its own key in localStorage, so tabs never overwrite each other.

export class Outbox {
  #space;
  #tab;
  #entries = new Map(); // label_id -> entry, this tab's and adopted ones
  #newest = 0; // order of the newest entry: a clock that jumps back must not turn labels round
  #changed;
  blocked = false; // the browser refuses to keep anything: labels live in this page alone

  constructor(space, tab, changed) {
    this.#space = `${space}:label:`;
    this.#tab = tab;
    this.#changed = changed;
  }

  /** Entries waiting to be stored, in the order they were made. */
  get waiting() {
    return this.#sorted().filter((entry) => entry.state === "waiting");
  }

  /** Entries the server refused, for the reviewer to decide on. */
  get refused() {
    return this.#sorted().filter((entry) => entry.state === "refused");
  }

  add(label, title) {
    const entry = {
      tab: this.#tab.id,
      order: (this.#newest = Math.max(this.#newest + 0.001, Date.now())),
      at: Date.now(),
      state: "waiting",
      sent: false,
      label,
      title,
    };
    this.#entries.set(label.label_id, entry);
    this.#keep(entry);
    this.#changed();
  }

  /** Take back a label. True when it had not left this browser, so that nothing needs to be told to the server. */
  retract(labelId) {
    const entry = this.#entries.get(labelId);
    if (!entry || (entry.sent && entry.state === "waiting")) return false;
    this.drop(labelId);
    return true;
  }

  /** What to send now; from here on it counts as sent. */
  take(limit) {
    const entries = this.waiting.slice(0, limit);
    for (const entry of entries) {
      if (entry.sent) continue;
      entry.sent = true;
      this.#keep(entry);
    }
    return entries.map((entry) => entry.label);
  }

  acknowledge(labelIds) {
    for (const id of labelIds) this.#forget(id);
    if (labelIds.length) this.#changed();
  }

  refuse(labelId, reason) {
    const entry = this.#entries.get(labelId);
    if (!entry) return;
    Object.assign(entry, { state: "refused", reason });
    this.#keep(entry);
    this.#changed();
  }

  /** Send a refused label again, as a judgement under rubric version `rubric`. */
  again(labelId, rubric) {
    const entry = this.#entries.get(labelId);
    if (!entry) return;
    entry.label = { ...entry.label, rubric };
    Object.assign(entry, { state: "waiting", reason: undefined });
    this.#keep(entry);
    this.#changed();
  }

  drop(labelId) {
    this.#forget(labelId);
    this.#changed();
  }

  /** Take over what an earlier page of this tab, or a dead tab, left; true when there was something. */
  async adopt() {
    let changed = false;
    const alive = await this.#tab.alive();
    for (const entry of this.#stored()) {
      const id = entry.label.label_id;
      const orphan = entry.tab === this.#tab.id || !alive.has(entry.tab);
      if (!orphan || this.#entries.has(id)) continue;
      Object.assign(entry, { tab: this.#tab.id, sent: true }); // it may have been sent: only the server knows
      this.#newest = Math.max(this.#newest, entry.order);
      this.#entries.set(id, entry);
      this.#keep(entry);
      changed = true;
    }
    if (changed) this.#changed();
    return changed;
  }

  #sorted() {
    return [...this.#entries.values()].sort((a, b) => a.order - b.order);
  }

  #keep(entry) {
    try {
      localStorage.setItem(this.#space + entry.label.label_id, JSON.stringify(entry));
      this.blocked = false;
    } catch {
      this.blocked = true; // full or forbidden: said in the banner, the entry stays in memory
    }
  }

  #forget(id) {
    this.#entries.delete(id);
    try {
      localStorage.removeItem(this.#space + id);
    } catch {
      this.blocked = true;
    }
  }

  #stored() {
    const found = [];
    try {
      for (const key of Object.keys(localStorage)) {
        if (!key.startsWith(this.#space)) continue;
        const entry = readEntry(localStorage.getItem(key));
        if (entry) found.push(entry);
      }
    } catch {
      this.blocked = true;
    }
    return found.sort((a, b) => a.order - b.order);
  }
}

function readEntry(json) {
  try {
    const entry = JSON.parse(json);
    return entry?.label?.label_id ? entry : null;
  } catch {
    return null; // not ours, or torn: never worth failing over
  }
}
