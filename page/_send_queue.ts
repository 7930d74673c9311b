/**
 * What a page sends, until the WebSocket takes it.
 *
 * @module
 */

import type { Clock } from "../peer/clock.ts";
import { sleep } from "./_clock.ts";
import { join } from "./_wire.ts";

/** Senders of much data wait while more bytes than this have not left. */
const HIGH_WATER_MARK = 1024 * 1024;

/** Units up to this size are merged, in bytes. */
const MERGED = 64 * 1024;

/** How often senders of much data wait in any case, for the other tasks of the page. */
const TURN = 1024;

/** How often a page looks whether bytes have left, in milliseconds: at first, and at last. */
const LOOK = { first: 2, last: 50 } as const;

/** Write units that leave together. */
export class SendQueue {
  /** Whether units are merged (extension/bytes). */
  merges = false;
  /** Number of bytes that were passed to the WebSocket. */
  bytesOut = 0;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #isOver: () => boolean;
  #units: Uint8Array[] = [];
  #bytes = 0;
  #waiting: (() => void)[] = [];
  #sends = 0;

  constructor(socket: WebSocket, clock: Clock, isOver: () => boolean) {
    this.#socket = socket;
    this.#clock = clock;
    this.#isOver = isOver;
  }

  /** Bytes that have not left. */
  get unsentBytes(): number {
    return this.#bytes + this.#socket.bufferedAmount;
  }

  /** Sends a unit at the end of the turn. */
  add(unit: Uint8Array): void {
    if (this.#units.length === 0) queueMicrotask(() => this.flush());
    this.#units.push(unit);
    this.#bytes += unit.byteLength;
  }

  /** Sends what waits for the end of the turn. */
  flush(): void {
    if (this.#units.length === 0) return;
    const units = this.merges ? merged(this.#units) : this.#units;
    this.#units = [];
    this.bytesOut += this.#bytes;
    this.#bytes = 0;
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    for (const unit of units) {
      this.#socket.send(unit as Uint8Array<ArrayBuffer>);
    }
  }

  /** Waits until more can be sent, while that is `wanted`. */
  async ready(wanted: () => boolean): Promise<void> {
    // The WebSocket reports nothing. Received messages wake it too, since timers
    // of tabs in the background are slow.
    let delay: number = LOOK.first;
    let isTurn = ++this.#sends % TURN === 0;
    while (
      (isTurn || this.unsentBytes > HIGH_WATER_MARK) && !this.#isOver() &&
      wanted()
    ) {
      await sleep(this.#clock, delay, (wake) => this.#waiting.push(wake));
      isTurn = false;
      delay = Math.min(delay * 2, LOOK.last);
    }
  }

  /** Lets all that waits look again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Returns units as few messages: small ones are joined. */
function merged(units: readonly Uint8Array[]): Uint8Array[] {
  const messages: Uint8Array[] = [];
  let small: Uint8Array[] = [];
  let size = 0;
  for (const unit of units) {
    if (size + unit.byteLength > MERGED) {
      if (size > 0) messages.push(join(small));
      small = [];
      size = 0;
    }
    small.push(unit);
    size += unit.byteLength;
  }
  messages.push(small.length === 1 ? small[0]! : join(small));
  return messages;
}
