/**
 * Gotalk messages as text; every character is a byte.
 *
 * @module
 */

/** The version that comes first. */
export const VERSION = "01";

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** Returns a SingleRequest. */
export function request(operation: string, payload = "", id = 1): string {
  return `r${hex(id, 4)}${named(operation, payload)}`;
}

/** Returns a StreamRequest. */
export function streamRequest(
  operation: string,
  id: number,
  payload = "",
): string {
  return `s${hex(id, 4)}${named(operation, payload)}`;
}

/** Returns a Notification. */
export function notification(name: string, payload = ""): string {
  return `n${named(name, payload)}`;
}

/** Returns the Notification that cancels a request. */
export function cancel(id: number): string {
  return notification("gotalk:cancel", hex(id, 4));
}

/** Returns a StreamRequestPart. */
export function part(id: number, payload: string): string {
  return `p${hex(id, 4)}${hex(payload.length, 8)}${payload}`;
}

function named(name: string, payload: string): string {
  return `${hex(name.length, 3)}${name}${hex(payload.length, 8)}${payload}`;
}

/** Returns a text for each of `count` request IDs. */
export function each(count: number, text: (id: number) => string): string {
  return Array.from({ length: count }, (_, id) => text(id)).join("");
}
