// Entry: mounts one desk in the place Streamlit gives it, and keeps it over reruns of the page.

import { Desk } from "./desk.js";

const desks = new Map(); // parent element -> desk

export default function ({ data, parentElement, setTriggerValue }) {
  const desk = desks.get(parentElement);
  if (desk) desk.refresh(data);
  else open(parentElement, data, () => setTriggerValue("seat", Date.now()));
  return () => {
    desks.get(parentElement)?.end();
    desks.delete(parentElement);
  };
}

function open(parent, data, askSeat) {
  const desk = new Desk(parent, data, askSeat);
  desks.set(parent, desk);
  desk.begin();
}
