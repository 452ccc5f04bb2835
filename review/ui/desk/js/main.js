// Entry: mounts one desk in the place Streamlit gives it, and keeps it over reruns of the page.

import { Desk } from "./desk.js";

const desks = new Map(); // parent element -> desk

export default function ({ data, parentElement }) {
  const hub = (window[Symbol.for("review.desk")] ??= {});
  const desk = desks.get(parentElement);
  if (desk) desk.refresh(data);
  else open(parentElement, data, hub);
  return () => {
    desks.get(parentElement)?.end();
    desks.delete(parentElement);
  };
}

function open(parent, data, hub) {
  const desk = new Desk(parent, data, hub);
  desks.set(parent, desk);
  desk.begin();
}
