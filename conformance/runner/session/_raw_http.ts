/**
 * HTTP that a case writes itself: the request to an acceptor, or the response
 * to an initiator.
 *
 * @module
 */

import { joinBytes, toBytes } from "../cases/bytes.ts";
import type { Bytes } from "../cases/case.ts";
import { pause } from "./_pause.ts";
import { settlesWithin } from "./_timeout.ts";
import { type Bindings, withBound } from "./expectation/pattern.ts";
import type { RawHead, RawWebSocketWire } from "./wire/raw_websocket_wire.ts";

/** What RFC 6455 appends to the key of a request. */
const KEY_SUFFIX = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** A whole response that accepts a request for a WebSocket. */
const ACCEPTANCE = /^HTTP\/1\.1 101 [^]*\r\n\r\n/;

/** The pause between two pieces of HTTP, in milliseconds, so that they arrive apart. */
const PIECE_PAUSE = 20;

const utf8 = new TextEncoder();
const latin1 = new TextDecoder("latin1");

/** Returns the variables of a request to an address. */
export function requestBindings(address: string): Bindings {
  const { host, pathname, search } = new URL(address);
  return new Map([
    ["host", utf8.encode(host)],
    ["path", utf8.encode(pathname + search)],
  ]);
}

/** Returns the variables of the response to a request. */
export async function responseBindings(
  { headers }: Extract<RawHead, { status: number }>,
): Promise<Bindings> {
  const key = headers["sec-websocket-key"] ?? "";
  const digest = await crypto.subtle.digest(
    "SHA-1",
    utf8.encode(key + KEY_SUFFIX),
  );
  return new Map([
    ["accept", utf8.encode(new Uint8Array(digest).toBase64())],
  ]);
}

/** Writes bytes as they are, one write after the other; returns them. */
export async function writeHttp(
  wire: RawWebSocketWire,
  http: readonly Bytes[],
  bindings: Bindings,
  { timeout, signal }: {
    readonly timeout: number;
    readonly signal: AbortSignal;
  },
): Promise<readonly Uint8Array[]> {
  const written = http.map((bytes) => toBytes(withBound(bytes, bindings)));
  const writing = (async () => {
    for (const [index, bytes] of written.entries()) {
      if (index > 0) await pause(PIECE_PAUSE, signal);
      await wire.raw(bytes);
    }
  })();
  // An implementation may end the connection before it has read everything.
  await settlesWithin(writing, timeout, signal);
  return written;
}

/** Whether what was written is a whole response that accepts a request. */
export function accepts(written: readonly Uint8Array[]): boolean {
  return ACCEPTANCE.test(latin1.decode(joinBytes(written)));
}
