// What the desk says when it cannot just show a document.

import { button, clock, count, h } from "./dom.js";

function verdicts(number) {
  return number === 1 ? "1 verdict" : `${count(number)} verdicts`;
}

/** The banner under the top bar, or null. What failed, what is safe, what happens next. */
export function bannerFor(link, outbox, documents, error, onTry) {
  const waiting = outbox.waiting.length;
  const kept = waiting
    ? `Your last ${waiting === 1 ? "verdict is" : `${verdicts(waiting)} are`} kept in this browser and will be sent ${error ? "again" : "when the server answers"}.`
    : "Everything you did is stored.";
  const aside = link.retryIn === null ? "Trying…" : `Next try in ${link.retryIn} s`;
  const left = documents === 1 ? "1 document is" : `${documents} documents are`;
  if (error) {
    return { strong: "The server could not store labels.", text: `${error} ${kept}`, aside, action: "Try now", onAction: onTry };
  }
  if (link.offline && documents) {
    const text = `${kept} Keep working: ${left} loaded.`;
    return { strong: `No connection since ${clock(link.since)}.`, text, aside, action: "Try now", onAction: onTry };
  }
  if (link.offline) return { strong: `No connection since ${clock(link.since)}.`, text: kept, aside, action: "Try now", onAction: onTry };
  if (outbox.blocked && waiting) {
    return {
      strong: "This browser keeps nothing.",
      text: `Its storage is full or switched off: leave this page open until ${verdicts(waiting)} are stored.`,
    };
  }
  return null;
}

/** What stands in the reading column when no document does. */
export function emptyNode(empty, waiting, offline, onAsk) {
  if (offline) {
    const wait = waiting ? `${verdicts(waiting)} wait, nothing is lost.` : "Everything you did is stored.";
    return message("Out of documents.", `${wait} More come when the server answers.`, "", onAsk);
  }
  if (!empty) return h("p", { class: "t2 quiet", text: "Fetching documents…" });
  return message(empty.title, empty.why, empty.next, onAsk);
}

function message(title, why, next, onAsk) {
  return h(
    "div",
    { class: "empty" },
    h("h2", { text: title }),
    h("p", { text: why }),
    next ? h("p", {}, ...codes(next)) : null,
    button({ class: "btn", on: { click: onAsk } }, "Ask again"),
  );
}

function codes(text) {
  return text.split(/(`[^`]+`)/).map((part) => (part.startsWith("`") ? h("code", { text: part.slice(1, -1) }) : part));
}

/**
 * Close Streamlit's own "Connection error": it makes the whole page inert, while the desk goes on working and its banner
 * says the same and more.
 */
export function hushStreamlit() {
  document.querySelector('[data-testid="stDialog"] button[aria-label="Close"]')?.click();
}

/** What is told, where a lead wants it, of a document whose answer was known, once it has been judged. */
export function knownSentence({ verdict, said, reasons }, title, rubric) {
  const names = reasons.map((code) => rubric.reasons.find((one) => one.code === code)?.name ?? code);
  const why = names.length ? `, ${names.join(", ")}` : "";
  const named = (one) => rubric.acts[one].name.toLowerCase();
  const known = `“${title}” was a check. It is known: ${named(verdict)}${why}`;
  return said === verdict ? `${known}, as you said.` : `${known}. You said ${named(said)}.`;
}
