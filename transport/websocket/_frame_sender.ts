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
import { acquireUnits, releaseUnits } from "../unit_pool.ts";
import type { WriteUnits } from "../write_units.ts";

/**
 * The largest batch of frames that leaves in one write, in bytes
 * (websocket-calls-16B-64).
 */
const SMALL = 64 * 1024;

/**
 * The size of the pieces in which a longer payload is masked, in bytes
 * (websocket-calls-64KiB-1).
 */
const PIECE = 16 * 1024;

/**
 * Frames of a larger batch leave once they reach this size, in bytes: with one
 * more piece they still fit into a buffer that the pool keeps.
 */
const FULL = 46 * 1024;

/**
 * The largest frame of a message, in bytes: a longer message leaves as several,
 * so that a pong waits for one of them (2.6 seconds at 100 KB a second), not for
 * a payload that takes minutes. Not chosen for speed: echoes of 1 and 8 MiB take
 * as long with it as without.
 */
const FRAGMENT = 256 * 1024;

const MASK_KEYS = new MaskKeys();

/** Writes frames: one batch at a time, and the frames of a batch together. */
export class FrameSender {
  readonly #channel: Channel;
  readonly #keys: MaskKeys | undefined;
  /** The frames in preparation; `undefined` while nothing is sent. */
  #preparing: WriteUnits | undefined;
  /** The batch that was queued last. */
  #last: Promise<void> = Promise.resolve();
  /** The payload of a queued pong. */
  #pong: Uint8Array | undefined;
  #closed = false;

  constructor(channel: Channel, role: "client" | "server") {
    this.#channel = channel;
    this.#keys = role === "client" ? MASK_KEYS : undefined;
  }

  /**
   * Sends each unit as a binary message, or all of them as one; no empty ones
   * (websocket/binary, websocket/units).
   */
  send(units: WriteUnits, merged: boolean): Promise<void> {
    return this.#inTurn(() => this.#send(units, merged));
  }

  /**
   * Answers a ping (websocket/ping). Of several pings that wait for a pong, only
   * the latest receives one, as RFC 6455 section 5.5.3 allows. It leaves between
   * the frames of a large message. The payload may be overwritten afterwards.
   */
  pong(payload: Uint8Array): void {
    if (this.#closed) return;
    const isQueued = this.#pong !== undefined;
    this.#pong = payload.slice();
    if (isQueued) return;
    const sent = this.#inTurn(() => {
      this.#addPong();
      return this.#flush();
    });
    // Reading reports what broke the channel.
    sent.catch(() => {});
  }

  /** Sends a close frame, without a code if it is 1005, and nothing after it. */
  close(code: number, reason: string): Promise<void> {
    this.#closed = true;
    const payload = code === 1005
      ? new Uint8Array()
      : closePayload(code, reason);
    return this.#inTurn(() => {
      this.#addControl(OPCODE.close, payload);
      return this.#flush();
    });
  }

  get #frames(): WriteUnits {
    return this.#preparing ??= acquireUnits();
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

  /** Sends a batch in several writes, to avoid another copy of all its bytes. */
  async #sendLarge(units: WriteUnits, merged: boolean): Promise<void> {
    this.#frames.reserve(SMALL);
    let key: number | undefined;
    /** What is missing of the message and of its frame. */
    let ofMessage = merged ? units.byteLength : 0;
    let ofFrame = 0;
    let phase = 0;
    let opcode: Opcode = OPCODE.binary;
    for (const bytes of merged ? units.segments() : units.units()) {
      if (ofMessage === 0) {
        ofMessage = bytes.byteLength;
        opcode = OPCODE.binary;
      }
      for (let at = 0; at < bytes.byteLength;) {
        if (ofFrame === 0) {
          this.#addPong();
          ofFrame = Math.min(ofMessage, FRAGMENT);
          key = this.#startFrame(opcode, ofFrame === ofMessage, ofFrame);
          opcode = OPCODE.continuation;
          phase = 0;
        }
        const most = key === undefined ? ofFrame : Math.min(ofFrame, PIECE);
        const piece = bytes.subarray(at, at + most);
        this.#add(piece, key, phase);
        const length = piece.byteLength;
        at += length;
        phase += length;
        ofFrame -= length;
        ofMessage -= length;
        if (this.#frames.byteLength >= FULL) await this.#flush();
      }
    }
    await this.#flush();
  }

  /** Adds the header of a frame of a message; returns its mask key. */
  #startFrame(
    opcode: Opcode,
    final: boolean,
    length: number,
  ): number | undefined {
    const frames = this.#frames;
    const key = this.#keys?.next();
    const at = frames.reserve(MAX_FRAME_HEADER);
    frames.commit(
      writeFrameHeader(frames.buffer, at, opcode, final, length, key),
    );
    return key;
  }

  /** Adds a payload or a part of one. */
  #add(bytes: Uint8Array, key: number | undefined, phase: number): void {
    const frames = this.#frames;
    if (key === undefined) return frames.add(bytes);
    const at = frames.reserve(bytes.byteLength);
    frames.commit(maskInto(frames.buffer, at, bytes, key, phase));
  }

  /** Adds the pong that is queued, unless it has left with a large message. */
  #addPong(): void {
    if (this.#pong === undefined) return;
    this.#addControl(OPCODE.pong, this.#pong);
    this.#pong = undefined;
  }

  #addControl(opcode: Opcode, payload: Uint8Array): void {
    const frames = this.#frames;
    const key = this.#keys?.next();
    const at = frames.reserve(MAX_FRAME_HEADER + payload.byteLength);
    frames.commit(writeFrame(frames.buffer, at, opcode, payload, key));
  }

  async #flush(): Promise<void> {
    const frames = this.#preparing;
    if (frames === undefined) return;
    await this.#channel.write(frames);
    this.#preparing = undefined;
    releaseUnits(frames);
  }
}
