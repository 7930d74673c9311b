/**
 * Gotalk's messages, without any I/O: messages to bytes and back.
 *
 * This module is pure. It opens no connection, starts no timer, reads no clock and prints nothing; it
 * runs wherever JavaScript runs. The annotated protocol is in the README beside it.
 *
 * @example A message there and back
 * ```ts
 * import { Decoder, encode, requestId } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const request = {
 *   kind: "SingleRequest",
 *   id: requestId("0001"),
 *   operation: "echo",
 *   payload: new TextEncoder().encode("hi"),
 * } as const;
 *
 * const decoder = new Decoder();
 * for (const unit of encode(request)) {
 *   decoder.push(unit);
 *   const message = decoder.read();
 *   if (message !== undefined) assertEquals(message, request);
 * }
 * decoder.end();
 * ```
 *
 * @module
 */

export * from "./decoder.ts";
export * from "./describe.ts";
export * from "./encoder.ts";
export * from "./header.ts";
export * from "./limit_error.ts";
export * from "./message.ts";
export * from "./message_stream.ts";
export * from "./name.ts";
export * from "./payload.ts";
export * from "./protocol_error.ts";
export {
  type RequestId,
  requestId,
  requestIdBytes,
  requestIdLength,
} from "./request_id.ts";
export * from "./validation_error.ts";
export * from "./version.ts";
