/**
 * The write queue of a connection.
 *
 * @module
 */

import { Encoder, type Message, type Name } from "../../codec/mod.ts";
import type { Channel } from "../../transport/channel.ts";
import { acquireUnits, releaseUnits } from "../../transport/unit_pool.ts";
import { timeToTake } from "../../transport/slowest_rate.ts";
import { turns } from "../../transport/turns.ts";
import type { WriteUnits } from "../../transport/write_units.ts";
import type { Clock } from "../clock.ts";
import type { MemoryAccount } from "./memory_account.ts";
import { timeoutError, Watchdog } from "./watchdog.ts";
import { WriteStretch } from "./_write_stretch.ts";

/** Space for a header without a name, rounded up. */
const HEADER = 32;

/** A queue of this size is written without waiting for more messages; bench: `calls-1KiB-64`. */
const WRITE_AT_ONCE = 16 * 1024;

/** A batch of this size takes no more messages: smaller buffers are reused more often; bench: `upload`, `calls-1KiB-1024`. */
const FULL_BATCH = 64 * 1024;

/** What a unit of a batch costs in addition to its bytes: the record of its end, in an array that grows. */
const UNIT_OVERHEAD = 16;

/** An encoder keeps no state between messages, so all connections share one. */
const encoder = new Encoder();

/**
 * Queues messages and writes them in batches.
 *
 * Messages sent in one turn of the event loop, or in reaction to one chunk of
 * input, leave in one write. The first write after a chunk begins at once, the
 * next ones at the end of the round of the event loop: many timers may be due in
 * it, each of which leads to a result; bench: `bursts.ts`. While a write is in progress the next batch fills;
 * senders of much data wait for {@linkcode available}.
 */
export class Writer {
  readonly #channel: Channel;
  readonly #failed: (error: unknown) => void;
  readonly #writeTimeout: number;
  readonly #watchdog: Watchdog;
  /** The bytes that the channel had taken when progress was last looked for. */
  #taken = 0;
  /** Whether the write in progress has been given the time that a unit needs which the channel takes as a whole. */
  #extended = false;
  readonly #memory: MemoryAccount;

  /** Full batches, in order. */
  #full: WriteUnits[] | undefined;
  /** The batch that fills; none while the queue is empty, since most connections are quiet most of the time. */
  #filling: WriteUnits | undefined;
  #queuedBytes = 0;
  /** Number of bytes of completed writes. */
  #writtenBytes = 0;
  #writing = false;
  readonly #stretch: WriteStretch;
  /** Whether other connections have their turns before the next write. */
  #isResting = false;
  #scheduled = false;
  #corked = false;
  /** Whether a write has begun since the latest chunk of input. */
  #hasWritten = false;
  #closed = false;
  #waiting: (() => void)[] | undefined;

  /** Number of batches passed to the channel; their sequence numbers are lower. */
  startedBatches = 0;
  /** Number of bytes passed to the channel. */
  bytesOut = 0;

  /** Creates the write queue of a channel. `failed` is called once if the channel fails, or takes no byte of a write for `writeTimeout` milliseconds, which aborts it. */
  constructor(
    channel: Channel,
    clock: Clock,
    writeTimeout: number,
    failed: (error: unknown) => void,
    memory: MemoryAccount,
  ) {
    this.#channel = channel;
    this.#failed = failed;
    this.#writeTimeout = writeTimeout;
    this.#memory = memory;
    this.#stretch = new WriteStretch(clock);
    this.#watchdog = new Watchdog(clock, () => this.#checkProgress());
  }

  /** The sequence number of the batch that the next message joins. */
  get batch(): number {
    const waiting = this.#full?.length ?? 0;
    const isFull = this.#filling !== undefined &&
      this.#filling.byteLength >= FULL_BATCH;
    return this.startedBatches + waiting + Number(isFull);
  }

  /** Number of batches that have been written. */
  get writtenBatches(): number {
    return this.startedBatches - Number(this.#writing);
  }

  /** Number of queued bytes, without those of a write in progress. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Number of queued bytes, and those of the write in progress. */
  get unwrittenBytes(): number {
    return this.#queuedBytes + this.bytesOut - this.#writtenBytes;
  }

  /** Queues bytes that are not a message: the version. */
  sendBytes(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#batch().add(bytes);
    this.#queued(bytes.byteLength, 1);
    this.#schedule();
  }

  /**
   * Queues a message. Its payload must not change until it has been written.
   *
   * @throws {LimitError} If the message cannot be encoded (wire/range).
   */
  send(message: Message): void {
    if (this.#closed) return;
    const units = this.#batch();
    const { byteLength: before, count } = units;
    const at = units.reserve(HEADER + nameSpace(message));
    units.commit(encoder.writeHeader(message, units.buffer, at));
    if ("payload" in message && message.payload.byteLength > 0) {
      units.add(message.payload);
    }
    this.#queued(units.byteLength - before, units.count - count);
    this.#schedule();
  }

  #queued(bytes: number, units: number): void {
    this.#queuedBytes += bytes;
    this.#memory.change(bytes + units * UNIT_OVERHEAD);
  }

  /** Waits until fewer than `bytes` bytes are queued, or the queue is closed, or what waits is no longer `wanted`. */
  async available(bytes: number, wanted = always): Promise<void> {
    while (this.#queuedBytes >= bytes && !this.#closed && wanted()) {
      await this.#change();
    }
  }

  /** Waits until everything queued so far has been written, or the queue is closed. */
  async flushed(): Promise<void> {
    const isFilling = this.#filling !== undefined &&
      this.#filling.byteLength > 0;
    const end = this.startedBatches + (this.#full?.length ?? 0) +
      Number(isFilling);
    while (this.writtenBatches < end && !this.#closed) {
      await this.#change();
    }
  }

  /** Waits until the queue is empty and written, or closed. */
  async drained(): Promise<void> {
    while ((this.#writing || this.#queuedBytes > 0) && !this.#closed) {
      this.#write();
      await this.#change();
    }
  }

  /** Holds writes back while a chunk of input is dispatched, so that the results leave together. */
  cork(): void {
    this.#corked = true;
    this.#hasWritten = false;
    this.#stretch.restart();
  }

  /** Ends {@linkcode cork}. */
  uncork(): void {
    this.#corked = false;
    this.#write();
  }

  /** Writes the queue at once rather than at the end of the turn: no message that could join it follows. */
  flush(): void {
    if (!this.#corked) this.#write();
  }

  /** Discards the queue and accepts nothing more. */
  close(): void {
    this.#closed = true;
    for (const batch of this.#full ?? []) this.#discard(batch);
    if (this.#filling !== undefined) this.#discard(this.#filling);
    this.#full = undefined;
    this.#filling = undefined;
    this.#queuedBytes = 0;
    this.wake();
  }

  #discard(batch: WriteUnits): void {
    this.#memory.change(-costOf(batch));
    releaseUnits(batch);
  }

  /** Stops watching the write in progress: the channel has ended. */
  stop(): void {
    this.close();
    this.#watchdog.stop();
  }

  /** The batch with space for another message. */
  #batch(): WriteUnits {
    const filling = this.#filling;
    if (filling !== undefined && filling.byteLength < FULL_BATCH) {
      return filling;
    }
    if (filling !== undefined) (this.#full ??= []).push(filling);
    return this.#filling = acquireUnits();
  }

  #schedule(): void {
    if (this.#corked || this.#writing || this.#isResting) return;
    if (this.#queuedBytes >= WRITE_AT_ONCE) return this.#write();
    if (this.#scheduled) return;
    this.#scheduled = true;
    const write = () => {
      this.#scheduled = false;
      if (!this.#corked) this.#write();
    };
    // Promises settle between the timers of a round, so a microtask is too early.
    if (this.#hasWritten) void turns.round().then(write);
    else queueMicrotask(write);
  }

  #write(): void {
    if (this.#writing || this.#isResting) return;
    if (this.#closed || this.#queuedBytes === 0) return;
    let batch = this.#full?.shift();
    if (batch === undefined) {
      batch = this.#filling!;
      this.#filling = undefined;
    }
    this.#writing = true;
    // The version is no answer: what follows it must not wait.
    this.#hasWritten = this.startedBatches > 0;
    const cost = costOf(batch);
    this.#queuedBytes -= batch.byteLength;
    this.bytesOut += batch.byteLength;
    this.startedBatches++;
    this.#taken = this.#channel.bytesTaken;
    this.#extended = false;
    this.#watchdog.reset(this.#writeTimeout);
    this.#channel.write(batch).then(
      () => this.#written(batch, cost),
      (error) => this.#writeFailed(error, cost),
    );
    this.wake();
  }

  #written(batch: WriteUnits, cost: number): void {
    if (!batch.isIntact) return this.#writeFailed(transferred(), cost);
    const turn = this.#stretch.written(batch.byteLength, batch.count);
    releaseUnits(batch);
    this.#memory.change(-cost);
    this.#writing = false;
    this.#writtenBytes = this.bytesOut;
    this.#watchdog.suspend();
    if (turn !== undefined) void this.#rest(turn);
    if (!this.#corked && !this.#scheduled) this.#write();
    this.wake();
  }

  /** Writes nothing until other connections have had their turns. */
  async #rest(turn: Promise<void>): Promise<void> {
    this.#isResting = true;
    await turn;
    this.#isResting = false;
    if (!this.#corked) this.#write();
    this.wake();
  }

  #writeFailed(error: unknown, cost: number): void {
    this.#memory.change(-cost);
    this.#writing = false;
    this.#fail(error);
  }

  /** Fails if the channel has taken no byte since the last look, and reports what it takes (limits/unsent). */
  #checkProgress(): void {
    const { bytesTaken, wholeUnits } = this.#channel;
    if (bytesTaken !== this.#taken) {
      this.#taken = bytesTaken;
      this.#extended = false;
      return this.#watchdog.reset(this.#writeTimeout);
    }
    const batchBytes = this.bytesOut - this.#writtenBytes;
    const extension = wholeUnits ? timeToTake(batchBytes) : 0;
    if (extension > 0 && !this.#extended) {
      this.#extended = true;
      return this.#watchdog.reset(extension);
    }
    const error = timeoutError(
      `no byte of a write was taken for ${this.#writeTimeout + extension} ms`,
    );
    this.#fail(error);
    // Also while the conversation is closing, when failures count no more.
    this.#channel.abort(error);
  }

  #fail(error: unknown): void {
    if (this.#closed) return;
    this.close();
    this.#failed(error);
  }

  /** Resolves when the queue has become shorter or is closed. */
  #change(): Promise<void> {
    return new Promise((resolve) => (this.#waiting ??= []).push(resolve));
  }

  /** Lets all that waits look again. */
  wake(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    for (const resolve of waiting) resolve();
  }
}

function always(): boolean {
  return true;
}

function costOf({ byteLength, count }: WriteUnits): number {
  return byteLength + count * UNIT_OVERHEAD;
}

/** Space for the name of a message: UTF-8 has at most three bytes for each UTF-16 unit. */
function nameSpace(message: Message): number {
  switch (message.kind) {
    case "SingleRequest":
    case "StreamRequest":
      return spaceOf(message.operation);
    case "Notification":
      return spaceOf(message.name);
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
    case "Heartbeat":
    case "ProtocolError":
      return 0;
    // deno-coverage-ignore-start
    default:
      return message satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** The error for a payload that was not sent whole: what follows would be misread. */
function transferred(): TypeError {
  return new TypeError(
    "Cannot send a payload: its memory was transferred meanwhile, wanted it unchanged until it is sent",
  );
}

/** Returns space for a name; the encoder refuses what is none. */
function spaceOf(name: Name): number {
  return (name?.length ?? 0) * 3;
}
