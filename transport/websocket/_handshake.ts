/**
 * What both sides of WebSocket's opening handshake share (RFC 6455 section 4).
 * The sides themselves are `_websocket_handshake_client.ts` and
 * `_websocket_handshake_server.ts`: bytes in and out, no sockets.
 *
 * @module
 */

import { isToken } from "./_http.ts";

/**
 * A key for a request: 16 random bytes in Base64.
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
 * What a server answers to a key: the proof that it speaks WebSocket.
 *
 * The platform's SHA-1 is asynchronous. A handshake waits for the network
 * anyway, and a hash of our own is spared.
 */
export async function acceptKey(key: string): Promise<string> {
  const text = new TextEncoder().encode(
    `${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
  );
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-1", text)));
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

/** Whether a key is 16 bytes in Base64. */
export function isKey(key: string): boolean {
  return /^[A-Za-z0-9+/]{22}==$/.test(key);
}

/** Whether these can be offered as subprotocols: tokens that differ. */
export function areProtocols(names: readonly string[]): boolean {
  return names.every(isToken) && new Set(names).size === names.length;
}

/**
 * The caller's own fields for a request or an answer.
 *
 * @throws {TypeError} If one of them is for the handshake to set.
 */
export function ownFields(init: HeadersInit | undefined): [string, string][] {
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
