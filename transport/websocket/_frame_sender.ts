/**
 * Sending WebSocket frames over a channel.
 *
 * @module
 */

import {
  closePayload,
  maskInto,
  MaskKeys,
  MAX_FRAME_HEADER,
  OPCODE,
  type Opcode,
  writeFrame,
  writeFrameHeader,
} from "./_frame.ts";
import type { Channel } from "../channel.ts";
import { giveUnits, takeUnits } from "../unit_pool.ts";
import type { WriteUnits } from "../write_units.ts";

/** A batch of frames up to this size is put together and leaves in one write. */
const SMALL = 64 * 1024;

/** A longer payload is masked in pieces of this size. */
const PIECE = 16 * 1024;

/** Of a larger batch, what has reached this size leaves: with another piece it still fits a buffer that is kept. */
const FULL = 46 * 1024;

const MASK_KEYS = new MaskKeys();

/** Writes frames, those of a batch together, and only ever one batch at a time. */
export class FrameSender {
  readonly #channel: Channel;
  readonly #keys: MaskKeys | undefined;
  /** What is put together; nothing while nothing is sent. */
  #filling: WriteUnits | undefined;
  /** The batch that was queued last. */
  #last: Promise<void> = Promise.resolve();
  /** The payload of a pong that waits for its turn. */
  #pong: Uint8Array | undefined;
  #closed = false;

  constructor(channel: Channel, role: "client" | "server") {
    this.#channel = channel;
    this.#keys = role === "client" ? MASK_KEYS : undefined;
  }

  /** Sends the units as a binary message each, or all as one. */
  send(units: WriteUnits, merged: boolean): Promise<void> {
    return this.#inTurn(() => this.#send(units, merged));
  }

  /** Answers a ping; of several pings that wait for an answer, the latest gets one. */
  pong(payload: Uint8Array): void {
    if (this.#closed) return;
    const waits = this.#pong !== undefined;
    this.#pong = payload;
    if (waits) return;
    const sent = this.#inTurn(() => {
      const latest = this.#pong!;
      this.#pong = undefined;
      return this.#sendControl(OPCODE.pong, latest);
    });
    // The reader will come upon what broke the channel.
    sent.catch(() => {});
  }

  /** Sends a close frame, without a code for 1005, and nothing after it. */
  close(code: number, reason: string): Promise<void> {
    this.#closed = true;
    const payload = code === 1005
      ? new Uint8Array()
      : closePayload(code, reason);
    return this.#inTurn(() => this.#sendControl(OPCODE.close, payload));
  }

  get #frames(): WriteUnits {
    return this.#filling ??= takeUnits();
  }

  #inTurn(send: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(send, send);
  }

  #send(units: WriteUnits, merged: boolean): Promise<void> {
    if (units.byteLength === 0) return Promise.resolve();
    const most = units.byteLength + units.count * MAX_FRAME_HEADER;
    if (most > SMALL) return this.#sendLarge(units, merged);
    const frames = this.#frames;
    let at = frames.reserve(most);
    for (const bytes of merged ? [units.toBytes()] : units.units()) {
      if (bytes.byteLength === 0) continue;
      const key = this.#keys?.next();
      at = writeFrame(frames.buffer, at, OPCODE.binary, bytes, key);
    }
    frames.commit(at);
    return this.#flush();
  }

  /** Sends a batch in more than one write, rather than hold another copy of all its bytes. */
  async #sendLarge(units: WriteUnits, merged: boolean): Promise<void> {
    this.#frames.reserve(SMALL);
    let key = merged ? this.#startFrame(units.byteLength) : undefined;
    let phase = 0;
    for (const bytes of merged ? units.segments() : units.units()) {
      if (bytes.byteLength === 0) continue;
      if (!merged) {
        key = this.#startFrame(bytes.byteLength);
        phase = 0;
      }
      const size = key === undefined ? bytes.byteLength : PIECE;
      for (let at = 0; at < bytes.byteLength; at += size) {
        this.#add(bytes.subarray(at, at + size), key, phase + at);
        if (this.#frames.byteLength >= FULL) await this.#flush();
      }
      phase += bytes.byteLength;
    }
    await this.#flush();
  }

  /** Adds the header of a binary message and gives its mask key. */
  #startFrame(length: number): number | undefined {
    const frames = this.#frames;
    const key = this.#keys?.next();
    const at = frames.reserve(MAX_FRAME_HEADER);
    frames.commit(
      writeFrameHeader(frames.buffer, at, OPCODE.binary, true, length, key),
    );
    return key;
  }

  /** Adds a payload or a piece of one. */
  #add(bytes: Uint8Array, key: number | undefined, phase: number): void {
    const frames = this.#frames;
    if (key === undefined) return frames.add(bytes);
    const at = frames.reserve(bytes.byteLength);
    frames.commit(maskInto(frames.buffer, at, bytes, key, phase));
  }

  #sendControl(opcode: Opcode, payload: Uint8Array): Promise<void> {
    const frames = this.#frames;
    const key = this.#keys?.next();
    const at = frames.reserve(MAX_FRAME_HEADER + payload.byteLength);
    frames.commit(writeFrame(frames.buffer, at, opcode, payload, key));
    return this.#flush();
  }

  async #flush(): Promise<void> {
    const frames = this.#frames;
    await this.#channel.write(frames);
    this.#filling = undefined;
    giveUnits(frames);
  }
}
