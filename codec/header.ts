/**
 * The header of a message whose payload is yet to be read.
 *
 * @module
 */

import type { Message, MessageKind } from "./message.ts";
import type { Name } from "./name.ts";
import type { RequestId } from "./request_id.ts";

/**
 * The header of a message, as `Decoder.readHeader` gives it.
 *
 * A field that the kind of message does not have keeps a value without meaning. The object is the
 * decoder's own: it is overwritten by the next header.
 */
export interface Header {
  /** The kind of message. */
  readonly kind: MessageKind;
  /** The request that the message opens, continues or answers. */
  readonly id: RequestId;
  /** The operation of a request, the name of a notification. */
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

/** The message that a header and a payload make. */
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
    default:
      return kind satisfies never;
  }
}
