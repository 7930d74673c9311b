/**
 * The trace context of a request: the payload of the notification
 * `gotalk:trace`.
 * Internal to the package.
 *
 * @module
 */

import { type RequestId, requestId, requestIdBytes } from "../request_id.ts";

/** The name of the notification that precedes a request with a trace context. */
export const TRACE = "gotalk:trace";

/** The size of a request ID. */
const ID_BYTES = 4;

/** The size of a `traceparent` of W3C Trace Context. */
const PARENT_BYTES = 55;

/** The largest size of a `tracestate`. */
export const MAX_STATE_BYTES = 512;

/** The largest payload. */
const MAX_BYTES = ID_BYTES + PARENT_BYTES + 1 + MAX_STATE_BYTES;

/** A `traceparent`: version, trace, span, flags. */
const PARENT =
  /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A `tracestate`, loosely: printable ASCII. */
const STATE = /^[\x20-\x7e]{1,512}$/;

/** Makes a character of each byte, of which none beyond ASCII is valid. */
const latin1 = new TextDecoder("latin1");

/** What a span needs to know of its parent in another process. */
export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
  /** The `tracestate`; "" for none. */
  readonly state: string;
}

/** Returns the text of a trace context, to send; `undefined` if there is none that can be sent. */
export function traceText(
  { traceId, spanId, traceFlags, state }: TraceParent,
): string | undefined {
  const flags = (traceFlags & 0xff).toString(16).padStart(2, "0");
  const parent = `00-${traceId}-${spanId}-${flags}`;
  if (!PARENT.test(parent)) return undefined;
  return STATE.test(state) ? `${parent}\n${state}` : parent;
}

/** Returns the text of a trace context in the headers of W3C Trace Context; `undefined` if there is none. */
export function traceOfHeaders(headers: Headers): string | undefined {
  const parent = headers.get("traceparent")?.trim() ?? "";
  if (parent.length !== PARENT_BYTES || !PARENT.test(parent)) return undefined;
  const state = headers.get("tracestate") ?? "";
  return STATE.test(state) ? `${parent}\n${state}` : parent;
}

/** Returns the payload for a request: its ID, and the text of the context (extension/trace). */
export function tracePayload(id: RequestId, trace: string): Uint8Array {
  const payload = new Uint8Array(ID_BYTES + trace.length);
  payload.set(requestIdBytes(id));
  // It is ASCII.
  for (let at = 0; at < trace.length; at++) {
    payload[ID_BYTES + at] = trace.charCodeAt(at);
  }
  return payload;
}

/** Reads a payload; `undefined` if it is malformed (extension/trace-malformed). */
export function readTrace(
  payload: Uint8Array,
): { readonly id: RequestId; readonly parent: TraceParent } | undefined {
  if (payload.byteLength > MAX_BYTES) return undefined;
  const text = latin1.decode(payload.subarray(ID_BYTES));
  const [, traceId, spanId, flags] = PARENT.exec(text.slice(0, PARENT_BYTES)) ??
    [];
  if (traceId === undefined || spanId === undefined || flags === undefined) {
    return undefined;
  }
  const rest = text.slice(PARENT_BYTES);
  if (rest !== "" && (rest[0] !== "\n" || !STATE.test(rest.slice(1)))) {
    return undefined;
  }
  return {
    id: requestId(payload.subarray(0, ID_BYTES)),
    parent: {
      traceId,
      spanId,
      traceFlags: parseInt(flags, 16),
      state: rest.slice(1),
    },
  };
}
