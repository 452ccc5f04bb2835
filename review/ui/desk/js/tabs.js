// Which tabs of this reviewer are alive, so that a dead tab's labels find a new carrier.

import { uuid } from "./dom.js";

const BEAT = 5_000; // ms between signs of life where the browser has no Web Locks
const DEAD = 150_000; // a hidden tab's timers run once a minute: only a longer silence means death

export class Tab {
  #space;
  #beat = null;
  #release = null;

  constructor(space) {
    this.#space = space;
    this.id = uuid();
  }

  /** Take up the identity this tab had before a reload, unless a copy of the tab holds it already. */
  async begin() {
    const kept = this.#kept();
    if (kept && (await this.#claim(kept))) this.id = kept;
    else await this.#claim(this.id);
    try {
      sessionStorage.setItem(`${this.#space}:tab`, this.id);
    } catch {
      // Without session storage a reload is a new tab, and adopts this one's labels.
    }
  }

  /** Names of the tabs that are alive, this one included. */
  async alive() {
    const names = new Set([this.id]);
    if (navigator.locks) {
      const prefix = `${this.#space}:tab:`;
      for (const lock of (await navigator.locks.query()).held) {
        if (lock.name.startsWith(prefix)) names.add(lock.name.slice(prefix.length));
      }
      return names;
    }
    for (const [key, value] of Object.entries(localStorage)) {
      const [, name] = key.split(`${this.#space}:alive:`);
      if (name && Date.now() - Number(value) < DEAD) names.add(name);
    }
    return names;
  }

  end() {
    this.#release?.();
    clearInterval(this.#beat);
    if (!navigator.locks) localStorage.removeItem(`${this.#space}:alive:${this.id}`);
  }

  #kept() {
    try {
      return sessionStorage.getItem(`${this.#space}:tab`);
    } catch {
      return null;
    }
  }

  async #claim(name) {
    if (!navigator.locks) return this.#claimByBeat(name);
    return new Promise((resolve) => {
      navigator.locks.request(`${this.#space}:tab:${name}`, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(false);
        resolve(true);
        return new Promise((release) => (this.#release = release));
      });
    });
  }

  #claimByBeat(name) {
    const key = `${this.#space}:alive:${name}`;
    if (Date.now() - Number(localStorage.getItem(key) ?? 0) < DEAD) return false;
    const beat = () => localStorage.setItem(key, String(Date.now()));
    beat();
    this.#beat = setInterval(beat, BEAT);
    addEventListener("pagehide", () => localStorage.removeItem(key));
    addEventListener("pageshow", beat);
    return true;
  }
}
