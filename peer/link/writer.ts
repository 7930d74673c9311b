/**
 * What waits to be written.
 *
 * @module
 */

import {
  Encoder,
  type Message,
  type ProtocolVersion,
} from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { releaseUnits, acquireUnits } from "../../transport/unit_pool.ts";
import type { WriteUnits } from "../../transport/write_units.ts";

/** The room that a header without a name needs, rounded up. */
const HEADER = 32;

/** As many bytes are written without waiting for more to come along. */
const WRITE_AT_ONCE = 16 * 1024;

/** A batch takes nothing more once it has so many bytes: several of them fill memory that is used again. */
const FULL = 64 * 1024;

/** An encoder keeps nothing from one message to the next: all share one. */
const ENCODERS: Readonly<Record<ProtocolVersion, Encoder>> = {
  "00": new Encoder({ version: "00" }),
  "01": new Encoder({ version: "01" }),
};

/** What an outbox tells its owner. */
export interface OutboxOwner {
  /** So many bytes are being handed to the channel. */
  writing(bytes: number): void;
  /** The channel has taken them. */
  written(): void;
  /** The channel does not take bytes any more. */
  writeFailed(error: unknown): void;
}

/**
 * Gathers messages and writes them together.
 *
 * All that is sent in one turn of the event loop, or in answer to one chunk of input, leaves in one
 * write. While a write is under way the next batch fills; who sends a lot waits for {@linkcode room}.
 */
export class Outbox {
  readonly #channel: Channel;
  readonly #owner: OutboxOwner;
  readonly #encoder: Encoder;

  /** Batches that are full and wait for their turn. */
  #full: WriteUnits[] | undefined;
  /** The batch that fills. Nothing while nothing waits: most connections rest most of the time. */
  #filling: WriteUnits | undefined;
  #byteLength = 0;
  #writing = false;
  #scheduled = false;
  #corked = false;
  #closed = false;
  #waiting: (() => void)[] | undefined;

  /** How many batches the channel was given; their numbers are less than this. */
  begun = 0;

  constructor(
    channel: Channel,
    owner: OutboxOwner,
    version: ProtocolVersion,
  ) {
    this.#channel = channel;
    this.#owner = owner;
    this.#encoder = ENCODERS[version];
  }

  /** The number of the batch that what is sent next is in. */
  get batch(): number {
    const waiting = this.#full?.length ?? 0;
    const isFull = this.#filling !== undefined &&
      this.#filling.byteLength >= FULL;
    return this.begun + waiting + Number(isFull);
  }

  /** How many bytes wait for the channel, without those that it is writing. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /** Whether nothing waits and nothing is being written. */
  get idle(): boolean {
    return !this.#writing && this.#byteLength === 0;
  }

  /** Queues bytes that are no message: the version. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#batch().add(bytes);
    this.#byteLength += bytes.byteLength;
    this.#schedule();
  }

  /** Queues a message; refuses one that cannot be written. Its payload must not be changed until it has left. */
  send(message: Message): void {
    if (this.#closed) return;
    const units = this.#batch();
    const before = units.byteLength;
    const at = units.reserve(HEADER + nameRoom(message));
    units.commit(this.#encoder.writeHeader(message, units.buffer, at));
    if ("payload" in message && message.payload.byteLength > 0) {
      units.add(message.payload);
    }
    this.#byteLength += units.byteLength - before;
    this.#schedule();
  }

  /** Waits until fewer than so many bytes wait to be written, or the outbox is closed. */
  async room(bytes: number): Promise<void> {
    while (this.#byteLength >= bytes && !this.#closed) await this.#change();
  }

  /** Waits until all that was sent up to now has been written, or the outbox is closed. */
  async flushed(): Promise<void> {
    const isFilling = this.#filling !== undefined &&
      this.#filling.byteLength > 0;
    const end = this.begun + (this.#full?.length ?? 0) + Number(isFilling);
    while (this.begun - Number(this.#writing) < end && !this.#closed) {
      await this.#change();
    }
  }

  /** Waits until everything that was sent has been written, or the outbox is closed. */
  async drained(): Promise<void> {
    while (!this.idle && !this.#closed) {
      this.#write();
      await this.#change();
    }
  }

  /** Holds writes back while a chunk of input is dispatched, so that its answers leave together. */
  cork(): void {
    this.#corked = true;
  }

  /** Lets what was held back go. */
  uncork(): void {
    this.#corked = false;
    if (!this.#scheduled) this.#write();
  }

  /** Takes nothing any more, and forgets what waits. */
  close(): void {
    this.#closed = true;
    this.#full = undefined;
    this.#filling = undefined;
    this.#byteLength = 0;
    this.#wake();
  }

  /** The batch that has room for more. */
  #batch(): WriteUnits {
    const filling = this.#filling;
    if (filling !== undefined && filling.byteLength < FULL) return filling;
    if (filling !== undefined) (this.#full ??= []).push(filling);
    return this.#filling = acquireUnits();
  }

  #schedule(): void {
    if (this.#corked || this.#writing) return;
    if (this.#byteLength >= WRITE_AT_ONCE) return this.#write();
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      if (!this.#corked) this.#write();
    });
  }

  #write(): void {
    if (this.#writing || this.#closed || this.#byteLength === 0) return;
    let batch = this.#full?.shift();
    if (batch === undefined) {
      batch = this.#filling!;
      this.#filling = undefined;
    }
    this.#writing = true;
    this.#byteLength -= batch.byteLength;
    this.begun++;
    this.#owner.writing(batch.byteLength);
    this.#channel.write(batch).then(
      () => this.#written(batch),
      (error) => this.#failed(error),
    );
    this.#wake();
  }

  #written(batch: WriteUnits): void {
    releaseUnits(batch);
    this.#writing = false;
    this.#owner.written();
    if (!this.#corked && !this.#scheduled) this.#write();
    this.#wake();
  }

  #failed(error: unknown): void {
    this.#writing = false;
    this.close();
    this.#owner.writeFailed(error);
  }

  /** Resolves when less waits, or nothing is taken any more. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#waiting ??= []).push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }
}

/** Room for the name of a message: UTF-8 has at most three bytes for each unit of a string. */
function nameRoom(message: Message): number {
  switch (message.kind) {
    case "SingleRequest":
    case "StreamRequest":
      return message.operation.length * 3;
    case "Notification":
      return message.name.length * 3;
    default:
      return 0;
  }
}
