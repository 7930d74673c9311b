/**
 * Headers of messages, for programs that read payloads themselves.
 *
 * @module
 */

import type { Message, MessageKind } from "./message.ts";
import type { Name } from "./name.ts";
import type { RequestId } from "./request_id.ts";

/**
 * The header of a message, which `Decoder.readHeader` returns.
 *
 * A field that the kind of message does not have holds a value without meaning.
 *
 * **Lifetime.** The object belongs to the decoder, and the next header
 * overwrites it. Copy the fields that are needed longer. The name is not
 * affected: it is a string or a copy of its bytes.
 */
export interface Header {
  /** The kind of the message. */
  readonly kind: MessageKind;
  /** The ID of the request that the message opens, continues or answers. */
  readonly id: RequestId;
  /** The operation of a request, or the name of a notification. */
  readonly name: Name;
  /** The wait of a RetryResult, in milliseconds. */
  readonly wait: number;
  /** The load of a Heartbeat, 0 to 65,535. */
  readonly load: number;
  /** The time of a Heartbeat, in seconds since 1970-01-01 UTC. */
  readonly time: number;
  /** The code of a ProtocolError. */
  readonly code: number;
  /** The size of the payload that follows, in bytes; 0 for kinds without payload. */
  readonly size: number;
}

/**
 * Returns the message that consists of a header and a payload.
 *
 * @param payload The payload; unused for kinds that have none.
 *
 * @example
 * ```ts
 * import { Decoder, messageOf } from "@gotalk/gotalk/codec";
 * import { assertEquals } from "@std/assert";
 *
 * const decoder = new Decoder();
 * decoder.push(new TextEncoder().encode("n004ping00000000"));
 * const header = decoder.readHeader()!;
 * const payload = decoder.readPayload()!;
 * assertEquals(messageOf(header, payload), {
 *   kind: "Notification",
 *   name: "ping",
 *   payload: new Uint8Array(),
 * });
 * ```
 */
export function messageOf(header: Header, payload: Uint8Array): Message {
  const { kind } = header;
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      return { kind, id: header.id, operation: header.name, payload };
    case "RetryResult":
      return { kind, id: header.id, wait: header.wait, payload };
    case "Notification":
      return { kind, name: header.name, payload };
    case "Heartbeat":
      return { kind, load: header.load, time: header.time };
    case "ProtocolError":
      return { kind, code: header.code };
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
      return { kind, id: header.id, payload };
    // deno-coverage-ignore-start
    default:
      return kind satisfies never;
      // deno-coverage-ignore-stop
  }
}
