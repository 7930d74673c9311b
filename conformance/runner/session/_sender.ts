/**
 * Writes to one connection.
 *
 * @module
 */

import { pause } from "./_pause.ts";
import type { SendItem } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { TraceEntry } from "../judging/report.ts";
import {
  type Outgoing,
  outgoing,
  type Piece,
  type PieceOptions,
  pieces,
  sizeOf,
  writePiece,
} from "./_outgoing.ts";
import { settlesWithin } from "./_timeout.ts";
import type { TraceText } from "./_trace_log.ts";
import type { Bindings } from "./expectation/pattern.ts";
import type { Wire } from "./wire/wire.ts";

/** Options of a sender. */
export interface SenderOptions {
  readonly wire: Wire;
  /** What one WebSocket message is; each write unit by default. */
  readonly unit?: Unit | undefined;
  /** How long to wait for room, in milliseconds. */
  readonly timeout: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Reports whether the implementation has ended the conversation. */
  readonly isOver: () => boolean;
  /** Adds an entry to the trace. */
  readonly note: (
    by: TraceEntry["by"],
    text: TraceText,
    held?: number,
  ) => void;
}

/** How long to wait for room in a flood, as a share of the time for room elsewhere: one that nobody reads ends. */
const FLOOD_SHARE = 1 / 3;

/** The approximate number of bytes of a flood in one write. */
const FLOOD_BATCH = 64 * 1024;

/**
 * Writes items, one after the other.
 *
 * A write without room stays pending. Whether the implementation had to read on
 * is for the expectations of later steps to decide.
 */
export class Sender {
  readonly #options: SenderOptions;
  #writing: Promise<void> = Promise.resolve();
  /** Whether a write has failed, after which none can succeed. */
  #isBroken = false;

  /** Creates a sender. */
  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Writes the items of one step.
   *
   * @param pace The pause between two writes, in milliseconds; without it, all that fits is one write.
   */
  async write(
    parts: readonly Outgoing[],
    cut?: "bytewise" | number,
    pace?: number,
  ): Promise<void> {
    const { note, timeout } = this.#options;
    if (pace !== undefined) return await this.#paced(parts, cut, pace);
    for (const part of parts) note(">", part.text, sizeOf(part));
    await this.#write(pieces(parts, this.#pieceOptions(cut)), timeout);
  }

  /** Writes one item after the other, or one piece of it after the other, with pauses. */
  async #paced(
    parts: readonly Outgoing[],
    cut: "bytewise" | number | undefined,
    pace: number,
  ): Promise<void> {
    const { note, timeout, isOver, signal } = this.#options;
    let isFirst = true;
    for (const part of parts) {
      note(">", () => `${part.text()}, every ${pace} ms`, sizeOf(part));
      const written = pieces([part], this.#pieceOptions(cut));
      // Without a cut, the units of a message belong together.
      for (const each of cut === undefined ? [written] : written) {
        if (!isFirst) await pause(pace, signal);
        isFirst = false;
        if (isOver()) return;
        await this.#write(
          Array.isArray(each) ? each : [each as Piece],
          timeout,
        );
      }
    }
    await pause(pace, signal);
  }

  /** Writes items many times, until there is no room. */
  async flood(
    times: number,
    items: readonly SendItem[],
    bindings: Bindings,
  ): Promise<void> {
    const { note, isOver } = this.#options;
    const firsts = items.map((item) => outgoing(item, bindings));
    const texts = firsts.map((first) => first.text());
    note(">", `${times} times, ${texts.join(", ")}`);
    const same = firsts.map((first, at) => counts(items[at]!) ? null : first);
    let sent = 0;
    while (sent < times && !isOver()) {
      const parts: Outgoing[] = [];
      for (let size = 0; sent < times && size < FLOOD_BATCH; sent++) {
        for (const [at, item] of items.entries()) {
          const part = same[at] ?? outgoing(item, bindings, sent);
          size += sizeOf(part);
          parts.push(part);
        }
      }
      if (
        !await this.#write(
          pieces(parts, this.#pieceOptions()),
          this.#floodTimeout,
        )
      ) break;
    }
    if (sent < times) note("#", `the flood ended after ${sent} times`);
  }

  /** Waits for the pending write, for a limited time. */
  async flush(): Promise<void> {
    await settlesWithin(
      this.#writing,
      this.#floodTimeout,
      this.#options.signal,
    );
  }

  get #floodTimeout(): number {
    return this.#options.timeout * FLOOD_SHARE;
  }

  #pieceOptions(cut?: "bytewise" | number): PieceOptions {
    const { unit = "split", wire: { transport: over } } = this.#options;
    return { unit, over, cut };
  }

  /**
   * Writes pieces unless the conversation is over, and reports whether there is
   * room for more.
   */
  async #write(written: readonly Piece[], timeout: number): Promise<boolean> {
    const { wire, isOver, note, signal } = this.#options;
    const work = this.#writing.then(async () => {
      for (const piece of written) {
        if (isOver()) {
          note("#", "the rest is not sent: the conversation is over");
          return;
        }
        await writePiece(wire, piece);
      }
    }).catch((error) => {
      this.#isBroken = true;
      note("#", `the write failed: ${error.message}`);
    });
    this.#writing = work;
    if (await settlesWithin(work, timeout, signal)) return !this.#isBroken;
    note("#", "the write is pending: the implementation does not read");
    return false;
  }
}

/** Whether an item may differ from repetition to repetition. */
function counts(item: SendItem): boolean {
  return JSON.stringify(item).includes('"counter"');
}
