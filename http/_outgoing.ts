/**
 * What a client writes, sorted into exchanges.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { Decoder, encode, encodeVersion, type Message } from "../codec/mod.ts";
import type { WriteUnits } from "../transport/write_units.ts";
import { MAX_SIZE } from "./_sized_header.ts";

/** Number of bytes of the version, which come before the messages. */
const VERSION_BYTES = encodeVersion().byteLength;

/** The messages that leave in one request. */
export interface Batch {
  readonly bytes: readonly Uint8Array[];
  /** The requests among them that have no result yet. */
  readonly ids: Set<number>;
}

/** A stream whose data has not ended. */
interface OpenStream {
  readonly bytes: Uint8Array[];
  size: number;
}

/** What becomes of the messages. */
export interface Departures {
  /** Sends the data of a stream, which is complete or stays open. */
  send(batch: Batch): void;
  /** Ends the exchange of a stream whose data stays open. */
  leave(id: number): void;
  /** Refuses a stream with more data than an exchange may have. */
  refuse(id: number): void;
  /** The memory of messages that wait has changed. */
  held(change: number): void;
}

/**
 * Collects single requests and notifications until they leave together, and each
 * stream until its data is complete.
 */
export class Outgoing {
  readonly #departures: Departures;
  readonly #maxStreamBytes: number;
  readonly #decoder = new Decoder({ maxPayloadBytes: MAX_SIZE });
  readonly #streams = new Map<number, OpenStream>();
  /** Streams whose data stays open: not sent yet, and sent. */
  readonly #staying = new Set<number>();
  readonly #stayed = new Set<number>();
  #version = VERSION_BYTES;
  #bytes: Uint8Array[] = [];
  #ids = new Set<number>();
  /** Number of bytes of the messages that leave together. */
  size = 0;

  /** Sorts messages; the data of a stream has at most `maxStreamBytes`. */
  constructor(departures: Departures, maxStreamBytes: number) {
    this.#departures = departures;
    this.#maxStreamBytes = maxStreamBytes;
  }

  /** Records that the data of a stream stays open. */
  staysOpen(id: number): void {
    this.#staying.add(id);
  }

  /** Adds what is written: whole messages. */
  add(units: WriteUnits): void {
    for (const segment of units.segments()) {
      const skipped = Math.min(this.#version, segment.byteLength);
      this.#version -= skipped;
      this.#decoder.push(segment.subarray(skipped));
      for (let message; (message = this.#decoder.read()) !== undefined;) {
        this.#sort(message);
      }
    }
  }

  /** Whether nothing but notifications waits to leave. */
  get onlyNotifies(): boolean {
    return this.#ids.size === 0;
  }

  /** Takes what leaves together. */
  take(): Batch {
    this.#departures.held(-this.size);
    this.size = 0;
    const batch = { bytes: this.#bytes, ids: this.#ids };
    this.#bytes = [];
    this.#ids = new Set();
    return batch;
  }

  #sort(message: Message): void {
    switch (message.kind) {
      case "SingleRequest":
        this.#ids.add(message.id);
        return this.#collect(message);
      case "Notification":
        return this.#collect(message);
      case "StreamRequest":
        if (this.#staying.delete(message.id)) {
          this.#stayed.add(message.id);
          return this.#send(message.id, [bytesOf(message)]);
        }
        this.#streams.set(message.id, { bytes: [], size: 0 });
        return this.#keep(message.id, message);
      case "StreamRequestPart":
        if (this.#stayed.delete(message.id)) {
          return this.#departures.leave(message.id);
        }
        return this.#keep(message.id, message);
      case "Heartbeat":
      case "ProtocolError":
        // Each exchange is a conversation with an end.
        return;
      case "SingleResult":
      case "StreamResult":
      case "ErrorResult":
      case "RetryResult":
        // The server makes no calls.
        return;
      // deno-coverage-ignore-start
      default:
        return message satisfies never;
        // deno-coverage-ignore-stop
    }
  }

  #collect(message: Message): void {
    const bytes = bytesOf(message);
    this.#bytes.push(bytes);
    this.size += bytes.byteLength;
    this.#departures.held(bytes.byteLength);
  }

  /** Keeps a message of a stream, until the empty part at its end. */
  #keep(
    id: number,
    message: Message & { readonly payload: Uint8Array },
  ): void {
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    const bytes = bytesOf(message);
    stream.bytes.push(bytes);
    stream.size += bytes.byteLength;
    this.#departures.held(bytes.byteLength);
    const isEnd = message.kind === "StreamRequestPart" &&
      message.payload.byteLength === 0;
    if (!isEnd && stream.size <= this.#maxStreamBytes) return;
    this.#streams.delete(id);
    this.#departures.held(-stream.size);
    if (isEnd) this.#send(id, stream.bytes);
    else this.#departures.refuse(id);
  }

  #send(id: number, bytes: readonly Uint8Array[]): void {
    this.#departures.send({ bytes, ids: new Set([id]) });
  }
}

function bytesOf(message: Message): Uint8Array {
  return concat(encode(message));
}
