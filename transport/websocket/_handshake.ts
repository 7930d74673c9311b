/**
 * The parts of the opening handshake (RFC 6455 section 4) that client and
 * server share. `_handshake_client.ts` and `_handshake_server.ts` are the two
 * sides: bytes in and out, no sockets.
 *
 * @module
 */

import { isToken } from "./_http.ts";
import { sha1 } from "./_sha1.ts";

/**
 * Returns a key for a request: 16 random bytes in Base64.
 *
 * @param fill Fills the bytes; by default the platform's cryptographic
 * generator.
 */
export function newKey(
  fill: (bytes: Uint8Array<ArrayBuffer>) => void = fillRandom,
): string {
  const bytes = new Uint8Array(16);
  fill(bytes);
  return toBase64(bytes);
}

function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  crypto.getRandomValues(bytes);
}

/**
 * Returns the server's response to a key, which proves that it speaks
 * WebSocket.
 */
export function acceptKey(key: string): string {
  const text = new TextEncoder().encode(
    `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  );
  return toBase64(sha1(text));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Whether a key is 16 bytes in Base64. */
export function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

/** Whether these names can be offered as subprotocols: distinct tokens. */
export function areProtocols(names: readonly string[]): boolean {
  return names.every(isToken) && new Set(names).size === names.length;
}

/**
 * Returns the additional header fields of a request or a response.
 *
 * @throws {TypeError} If the handshake itself sets one of them.
 */
export function extraFields(init: HeadersInit | undefined): [string, string][] {
  const fields = [...new Headers(init)];
  for (const [name] of fields) {
    if (RESERVED.has(name) || name.startsWith("sec-websocket-")) {
      throw new TypeError(
        `Cannot write the WebSocket handshake: header ${name}, wanted none that the handshake sets itself`,
      );
    }
  }
  return fields;
}

const RESERVED: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);
