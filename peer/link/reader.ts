/**
 * What the other side says.
 *
 * @module
 */

import {
  Decoder,
  type Header,
  type MessageKind,
  messageOf,
  ProtocolError,
  ProtocolErrorCode,
  type ProtocolVersion,
  VersionReader,
} from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import type { InboundBudget } from "./receive_budget.ts";
import type { MessageObserver } from "../events.ts";
import type { Limits } from "../limits.ts";

/** From so many bytes on, the rest of a payload is read to its place. */
const READ_IN_PLACE = 64 * 1024;

/** Who hears what a receiver reads. */
export interface ReceiverOwner {
  /** The other side speaks a version that this side speaks. */
  versionRead(): void;
  /** Messages are about to be dispatched; what is sent meanwhile should leave together. */
  dispatching(active: boolean): void;
  /** Bytes came that completed messages or did not; `incomplete` says whether they end within another. */
  received(bytes: number, incomplete: boolean, completed: boolean): void;
  /** Reading pauses, or goes on. */
  paused(active: boolean): void;
  /** A message came. The header is overwritten by the next one, and so is the payload if it is a part of a stream. */
  message(header: Header, payload: Uint8Array<ArrayBuffer>): void;
  /** A message came whose payload is too large to take; it is being skipped. */
  tooLarge(header: Header): void;
}

/** Reads a channel, message by message, and hands each one on. */
export class Receiver {
  readonly #channel: Channel;
  readonly #owner: ReceiverOwner;
  readonly #limits: Limits;
  readonly #inbound: InboundBudget;
  readonly #onMessage: MessageObserver | undefined;
  /** Reads the version that comes first; `undefined` once that is known to be spoken. */
  #version: VersionReader | undefined;
  readonly #decoder: Decoder;
  #header: Header | undefined;
  #skipping = false;
  #stopped = false;
  /** The largest payload that is taken. */
  maxPayloadBytes: number;
  /** How many messages were read. */
  messages = 0;
  /** How many bytes were read. */
  bytes = 0;

  constructor(
    channel: Channel,
    owner: ReceiverOwner,
    limits: Limits,
    inbound: InboundBudget,
    version: ProtocolVersion,
    onMessage: MessageObserver | undefined,
  ) {
    this.#channel = channel;
    this.#owner = owner;
    this.#limits = limits;
    this.#inbound = inbound;
    this.#onMessage = onMessage;
    this.#version = new VersionReader([version]);
    const { maxNameBytes, maxPayloadBytes } = limits;
    this.maxPayloadBytes = maxPayloadBytes;
    this.#decoder = new Decoder({
      version,
      maxNameBytes,
      maxPayloadBytes,
      offset: 2,
    });
  }

  /**
   * Reads until the other side ends. Rejects with a `ProtocolError` when it breaks the protocol, and
   * with the channel's error when that breaks.
   */
  async run(): Promise<void> {
    for (;;) {
      const room = this.#room();
      const chunk = await this.#channel.read(room);
      if (chunk === null || this.#stopped) break;
      this.bytes += chunk.byteLength;
      const before = this.messages;
      this.#decoder.push(this.#withoutVersion(chunk));
      while (!this.#dispatch()) await this.#pause();
      const { incomplete, chunkInUse } = this.#decoder;
      if (!chunkInUse && room === undefined) this.#channel.recycle?.(chunk);
      const completed = this.messages > before;
      this.#owner.received(chunk.byteLength, incomplete, completed);
    }
    if (this.#stopped) return;
    this.#version?.end();
    this.#decoder.end();
  }

  /** Takes memory for a large payload to come, if it is worth it: all of a buffer, which is detached. */
  recycle({ buffer, byteLength }: Uint8Array<ArrayBuffer>): void {
    // Who has a part of a buffer cannot know who has the rest.
    if (byteLength < READ_IN_PLACE || byteLength < buffer.byteLength) return;
    this.#decoder.recyclePayload(new Uint8Array(buffer.transfer()));
  }

  /** Lets go of such memory: nothing has come for a while. */
  rest(): void {
    this.#decoder.releaseMemory();
  }

  /** Dispatches nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /** Where the next bytes should be read to; for a small rest, better where they come with what follows. */
  #room(): Uint8Array<ArrayBuffer> | undefined {
    const room = this.#decoder.payloadBuffer;
    return room !== undefined && room.byteLength >= READ_IN_PLACE
      ? room
      : undefined;
  }

  #withoutVersion(chunk: Uint8Array): Uint8Array {
    const version = this.#version;
    if (version === undefined) return chunk;
    const taken = version.push(chunk);
    if (version.error !== undefined) throw version.error;
    if (version.outcome === "spoken") {
      this.#version = undefined;
      this.#owner.versionRead();
    }
    return chunk.subarray(taken);
  }

  /** Hands on the messages of the chunk; false when it has to pause before the chunk is used up. */
  #dispatch(): boolean {
    this.#owner.dispatching(true);
    try {
      while (!this.#stopped && this.#next()) {
        if (this.#inbound.exceeded) return false;
      }
    } finally {
      this.#owner.dispatching(false);
    }
    return true;
  }

  async #pause(): Promise<void> {
    this.#owner.paused(true);
    await this.#inbound.room();
    this.#owner.paused(false);
  }

  /** Hands on the next message; false when it is not complete. */
  #next(): boolean {
    const decoder = this.#decoder;
    if (this.#skipping) {
      if (!decoder.skip()) return false;
      this.#skipping = false;
    }
    this.#header ??= decoder.readHeader();
    const header = this.#header;
    if (header === undefined) return false;
    if (header.size > this.maxPayloadBytes) return this.#skip(header);
    // Channels read into plain array buffers.
    const payload = decoder.readPayload() as
      | Uint8Array<ArrayBuffer>
      | undefined;
    if (payload === undefined) return false;
    this.#header = undefined;
    this.messages++;
    const { kind } = header;
    this.#onMessage?.("in", messageOf(header, payload));
    this.#owner.message(header, payload);
    // A trace may keep what it hears.
    if (isPart(kind) && this.#onMessage === undefined) {
      decoder.recyclePayload(payload);
    }
    return true;
  }

  #skip(header: Header): boolean {
    const { maxSkippedBytes } = this.#limits;
    if (header.size > maxSkippedBytes) {
      throw oversize(
        header.kind,
        header.size,
        maxSkippedBytes,
        this.#decoder.offset,
      );
    }
    this.#header = undefined;
    this.#skipping = true;
    this.messages++;
    this.#owner.tooLarge(header);
    return true;
  }
}

/** Whether a payload is a part of a stream, of which nobody keeps more than a copy. */
function isPart(kind: MessageKind): boolean {
  return kind === "StreamRequestPart" || kind === "StreamResult" ||
    kind === "StreamRequest";
}

function oversize(
  kind: MessageKind,
  size: number,
  wanted: number,
  offset: number,
): ProtocolError {
  return new ProtocolError(
    `Cannot take ${kind}: payload size is ${size} bytes, wanted at most ${wanted}, at byte ${
      offset - 8
    }`,
    {
      code: ProtocolErrorCode.invalidMessage,
      reason: "over-limit",
      offset: offset - 8,
    },
  );
}
