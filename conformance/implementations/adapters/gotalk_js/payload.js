/**
 * Converts payloads between hexadecimal digits, as adapters write them, and the text, bytes or nothing of
 * gotalk.js.
 */

export function hexOf(payload = "") {
  return typeof payload === "string"
    ? new TextEncoder().encode(payload).toHex()
    : payload.toHex();
}

export function textOf(payload = "") {
  return typeof payload === "string"
    ? payload
    : new TextDecoder().decode(payload);
}
