/**
 * What a captured connection carries, as its first bytes show.
 *
 * @module
 */

import { beginsConversation, beginsWithMessage } from "./_message_reader.ts";
import type { Direction } from "./captured_event.ts";
import { frameData } from "./_websocket_bytes.ts";

/** What a connection carries. */
export type Carrier =
  /** Gotalk, without anything around it. */
  | { readonly kind: "bytes" }
  /** Gotalk in WebSocket frames, behind a handshake or from within. */
  | { readonly kind: "websocket"; readonly path: string | undefined }
  /** A WebSocket handshake with another answer than 101. */
  | { readonly kind: "refused"; readonly path: string; readonly answer: string }
  | { readonly kind: "tls" }
  | { readonly kind: "other" };

/** What is known of a connection. */
export interface FirstBytes {
  /** What came first, in each direction. */
  readonly bytes: Readonly<Record<Direction, Uint8Array>>;
  /** Whether these are the first bytes of the connection. */
  readonly hasStart: boolean;
  /** The direction of the latest segment, and the segment. */
  readonly segment: Uint8Array;
  /** Whether the user says that it carries Gotalk. */
  readonly isNamed: boolean;
}

const DIRECTIONS = [">", "<"] as const;

/** Returns what a connection carries; `undefined` if more bytes are needed to see it. */
export function carrierOf(first: FirstBytes): Carrier | undefined {
  const { bytes, hasStart, segment, isNamed } = first;
  if (DIRECTIONS.some((by) => isTls(bytes[by], hasStart))) {
    return { kind: "tls" };
  }
  const request = textOf(bytes[">"]);
  if (request.startsWith("GET ")) return ofHttp(request, first);
  if ("GET ".startsWith(request) && request !== "") return undefined;
  const isGotalk = DIRECTIONS.some((by) =>
    bytes[by].length >= 2 && beginsConversation(bytes[by])
  );
  if (isGotalk) return { kind: "bytes" };
  if (!hasStart) return ofSegment(segment);
  if (isNamed) return { kind: "bytes" };
  const isPossible = DIRECTIONS.every((by) => beginsConversation(bytes[by]));
  return isPossible ? undefined : { kind: "other" };
}

/** Whether these are TLS records: at the start a handshake, later any of the four. */
function isTls(bytes: Uint8Array, hasStart: boolean): boolean {
  const [type = 0, major, minor = 9] = bytes;
  return major === 3 && minor <= 4 &&
    (hasStart ? type === 22 : type >= 20 && type <= 23);
}

function ofHttp(
  request: string,
  { bytes, isNamed }: FirstBytes,
): Carrier | undefined {
  const head = headOf(request);
  if (head === undefined) return undefined;
  if (!/^upgrade: *websocket *$/im.test(head)) return { kind: "other" };
  const path = head.split(" ")[1]!;
  const response = textOf(bytes["<"]);
  const answer = headOf(response);
  if (answer === undefined) return undefined;
  const [status] = answer.split("\r\n");
  if (!/^HTTP\/1\.1 101/.test(answer)) {
    return { kind: "refused", path, answer: status! };
  }
  const websocket: Carrier = { kind: "websocket", path };
  if (isNamed) return websocket;
  const first = [
    bytes[">"].subarray(head.length),
    bytes["<"].subarray(answer.length),
  ].find(({ length }) => length > 0);
  if (first === undefined) return undefined;
  const data = frameData(first);
  // A control frame, a fragment or a compressed one says nothing.
  if (data === undefined) return first.length < 14 ? undefined : websocket;
  if (data.length === 0) return undefined;
  return beginsConversation(data) ? websocket : { kind: "other" };
}

/** Looks into a segment of a connection whose start is missing. */
function ofSegment(segment: Uint8Array): Carrier | undefined {
  if (beginsWithMessage(segment)) return { kind: "bytes" };
  const data = frameData(segment);
  if (data === undefined || data.length === 0) return undefined;
  return beginsWithMessage(data) || beginsConversation(data)
    ? { kind: "websocket", path: undefined }
    : undefined;
}

/** Returns the head of an HTTP message with the empty line; `undefined` if it is not complete. */
export function headOf(text: string): string | undefined {
  const end = text.indexOf("\r\n\r\n");
  return end < 0 ? undefined : text.slice(0, end + 4);
}

/** Returns bytes as characters of one byte each. */
export function textOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return text;
}
