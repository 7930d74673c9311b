/**
 * Payloads as adapters write them: hexadecimal digits. gotalk.js has text, bytes or nothing.
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
