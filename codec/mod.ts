/**
 * Gotalk's messages, and their conversion to bytes and back, without I/O.
 *
 * This module is pure: it opens no connection, starts no timer, reads no clock
 * and prints nothing. It runs wherever JavaScript runs. The README of its folder
 * is the annotated protocol.
 *
 * @example Encode and decode a message
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

export type { ByteSource } from "../quoting/byte_source.ts";
export { Decoder } from "./decoder.ts";
export {
  type DecoderOptions,
  DEFAULT_MAX_PAYLOAD_BYTES,
} from "./decoder_options.ts";
export { describe, type DescribeOptions } from "./describe.ts";
export { encode, Encoder, type EncoderOptions } from "./encoder.ts";
export {
  CANCEL,
  type Cancel,
  decodeCancel,
  encodeCancel,
} from "./extensions/cancel.ts";
export { BYTES, BYTES_PAYLOAD, isBytesPayload } from "./extensions/bytes.ts";
export {
  CREDIT,
  type Credit,
  decodeCredit,
  encodeCredit,
} from "./extensions/credit.ts";
export { decodeDrain, DRAIN, encodeDrain } from "./extensions/drain.ts";
export { isReservedName, RESERVED_PREFIX } from "./extensions/reserved_name.ts";
export { type Header, messageOf } from "./header.ts";
export { isLimitError, LimitError } from "./limit_error.ts";
export type {
  ErrorResult,
  Heartbeat,
  Message,
  MessageKind,
  Notification,
  ProtocolErrorMessage,
  RetryResult,
  SingleRequest,
  SingleResult,
  StreamRequest,
  StreamRequestPart,
  StreamResult,
} from "./message.ts";
export {
  MessageDecoderStream,
  type MessageDecoderStreamOptions,
  MessageEncoderStream,
  type MessageEncoderStreamOptions,
} from "./message_stream.ts";
export { decodeName, MAX_NAME_BYTES, type Name, quoteName } from "./name.ts";
export {
  bytes,
  json,
  type JsonLimits,
  type PayloadCodec,
  type PayloadContext,
  text,
} from "./payload.ts";
export {
  isProtocolError,
  ProtocolError,
  ProtocolErrorCode,
  type ProtocolErrorOptions,
  type ProtocolErrorReason,
} from "./protocol_error.ts";
export {
  type RequestId,
  requestId,
  requestIdBytes,
  requestIdLength,
} from "./request_id.ts";
export {
  isValidationError,
  ValidationError,
  type ValidationErrorOptions,
  type ValidationIssue,
} from "./validation_error.ts";
export {
  CURRENT_VERSION,
  encodeVersion,
  type ProtocolVersion,
  type VersionOutcome,
  VersionReader,
} from "./version.ts";
