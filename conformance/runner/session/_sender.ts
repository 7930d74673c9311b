/**
 * The runner's writing on one connection.
 *
 * @module
 */

import type { SendItem } from "../cases/case.ts";
import type { TraceEntry } from "../judging/report.ts";
import type { Bindings } from "./_bindings.ts";
import { settles } from "./_bounded.ts";
import { type Outgoing, outgoing, pieces, type Unit } from "./_outgoing.ts";
import type { OutgoingFrame, Wire } from "./_wire.ts";

/** What a sender is made of. */
export interface SenderOptions {
  /** What carries the bytes. */
  readonly wire: Wire;
  /** What one WebSocket message is; each write unit when absent. */
  readonly unit?: Unit | undefined;
  /** How long to wait for room, in milliseconds. */
  readonly patience: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Whether the implementation has ended the conversation, so that nothing more is sent. */
  readonly isOver: () => boolean;
  /** Notes what happens. */
  readonly note: (by: TraceEntry["by"], text: string) => void;
}

/** Room for more must come within so many milliseconds in a flood. */
const ROOM_WITHIN = 1000;

/** How many bytes of a flood are put into one write, about. */
const FLOOD_BATCH = 64 * 1024;

/**
 * Writes, one thing after the other.
 *
 * A write for which there is no room is left pending: whether an implementation had to read on is for
 * the expectations behind it to say.
 */
export class Sender {
  readonly #options: SenderOptions;
  #writing: Promise<void> = Promise.resolve();
  /** Whether a write has failed, so that no other can succeed. */
  #isBroken = false;

  /** Creates a sender. */
  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Writes what belongs to one step. */
  async write(
    parts: readonly Outgoing[],
    cut?: "bytewise" | number,
  ): Promise<void> {
    for (const { text } of parts) this.#options.note(">", text);
    await this.#write(pieces(parts, this.#how(cut)), this.#options.patience);
  }

  /** Writes items many times, as far as there is room. */
  async flood(
    times: number,
    items: readonly SendItem[],
    bindings: Bindings,
  ): Promise<void> {
    const { note, isOver } = this.#options;
    const texts = items.map((item) => outgoing(item, bindings).text);
    note(">", `${times} times, ${texts.join(", ")}`);
    let sent = 0;
    while (sent < times && !isOver()) {
      const parts: Outgoing[] = [];
      for (let size = 0; sent < times && size < FLOOD_BATCH; sent++) {
        for (const item of items) {
          const part = outgoing(item, bindings, sent);
          size += sizeOf(part);
          parts.push(part);
        }
      }
      if (!await this.#write(pieces(parts, this.#how()), ROOM_WITHIN)) break;
    }
    if (sent < times) note("#", `the flood was over after ${sent} times`);
  }

  /** Waits a while for what is pending. */
  async rest(): Promise<void> {
    await settles(this.#writing, ROOM_WITHIN, this.#options.signal);
  }

  #how(cut?: "bytewise" | number) {
    const { unit = "split", wire: { transport: over } } = this.#options;
    return cut === undefined ? { unit, over } : { unit, over, cut };
  }

  /** Writes pieces, unless the conversation is over; tells whether there is room for more. */
  async #write(
    written: readonly (Uint8Array | OutgoingFrame)[],
    roomWithin: number,
  ): Promise<boolean> {
    const { wire, isOver, note, signal } = this.#options;
    const work = this.#writing.then(async () => {
      for (const piece of written) {
        if (isOver()) {
          note("#", "the rest is not sent: the implementation has ended");
          return;
        }
        await (piece instanceof Uint8Array
          ? wire.write(piece)
          : wire.frame!(piece));
      }
    }).catch((error) => {
      this.#isBroken = true;
      note("#", `it was not taken: ${error.message}`);
    });
    this.#writing = work;
    if (await settles(work, roomWithin, signal)) return !this.#isBroken;
    note("#", "the implementation takes no more for now");
    return false;
  }
}

function sizeOf(part: Outgoing): number {
  return "frame" in part
    ? part.frame.bytes.length
    : part.units.reduce((sum, { length }) => sum + length, 0);
}
