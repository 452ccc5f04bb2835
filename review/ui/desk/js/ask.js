// A question to the server beside the line of labels and documents: one answer, nothing is sent again.

const ANSWER_WITHIN = 20_000; // ms

/** The answer, or {error} in words when there is none. */
export async function ask(seat, address, message) {
  const headers = { "Content-Type": "application/json", "X-Desk-Seat": seat.secret };
  const signal = AbortSignal.timeout?.(ANSWER_WITHIN);
  try {
    const response = await fetch(new URL(address, location.origin), { method: "POST", cache: "no-store", headers, signal, body: JSON.stringify(message) });
    return await response.json();
  } catch {
    return { error: "The server does not answer. Try again when it does." };
  }
}
