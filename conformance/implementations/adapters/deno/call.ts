/**
 * Calls of the library, and their results.
 *
 * @module
 */

import {
  isConnectionClosedError,
  isOperationError,
  isRetryError,
  type Peer,
  type Remote,
} from "@gotalk/gotalk";
import {
  AdapterError,
  type CallReport,
} from "../../../runner/implementation.ts";
import { messageOf } from "./connection.ts";
import { Condition } from "./condition.ts";

const NOTHING = new Uint8Array(0);

/** What calls of both kinds have in common. */
abstract class AdapterCall {
  protected readonly condition = new Condition();
  protected readonly controller = new AbortController();
  protected settled: CallReport | undefined;

  /** Abandons it. */
  cancel(): void {
    this.controller.abort();
  }

  /** Writes a part of a stream request. */
  abstract write(payload: Uint8Array): Promise<void>;

  /** Ends a stream request. */
  abstract end(): Promise<void>;

  /** Returns its state once it has settled or has `parts` parts, at the latest after `timeout` milliseconds. */
  abstract report(parts: number, timeout: number): Promise<CallReport>;

  protected settle(report: CallReport): void {
    this.settled ??= report;
    this.condition.changed();
  }

  /** Returns the report for an error. */
  protected failure(error: unknown): CallReport {
    if (isOperationError(error)) {
      return { outcome: "error", payload: error.payload };
    }
    if (isRetryError(error)) {
      const { wait, payload } = error;
      return { outcome: "retry", wait, payload };
    }
    if (error === this.controller.signal.reason) {
      return { outcome: "cancelled" };
    }
    const outcome = isConnectionClosedError(error) ? "closed" : "failed";
    return { outcome, message: messageOf(error) };
  }
}

/** A call of either kind. */
export type Call = AdapterCall;

/** A single request. */
export class SingleCall extends AdapterCall {
  /** Sends the request; with `retry`, the peer repeats it itself. */
  constructor(
    peer: Peer,
    operation: string,
    payload: Uint8Array = NOTHING,
    retry = false,
  ) {
    super();
    const { signal } = this.controller;
    void this.#await(peer.requestBytes(operation, payload, { signal, retry }));
  }

  /** Settles with the result, which it awaits as the code of users does. */
  async #await(result: Promise<Uint8Array>): Promise<void> {
    try {
      this.settle({ outcome: "result", payload: await result });
    } catch (error) {
      this.settle(this.failure(error));
    }
  }

  override write(): Promise<void> {
    throw notStream();
  }

  override end(): Promise<void> {
    throw notStream();
  }

  override async report(_parts: number, timeout: number): Promise<CallReport> {
    await this.condition.until(() => this.settled !== undefined, timeout);
    return this.settled ?? { outcome: "pending" };
  }
}

/** A stream request. It is sent with the first part, since its result is not read before that. */
export class StreamCall extends AdapterCall {
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answer: ReadableStreamDefaultReader<Uint8Array>;
  readonly #parts: Uint8Array[] = [];
  #isReading = false;
  #isEnded = false;

  /** Opens the stream. */
  constructor(peer: Pick<Remote, "stream">, operation: string) {
    super();
    const { signal } = this.controller;
    const { readable, writable } = peer.stream(operation, { signal });
    this.#input = writable.getWriter();
    this.#answer = readable.getReader();
    // The result reports a failure of the input as well.
    this.#input.closed.catch(() => {});
    this.#answer.closed.catch((error) => this.settle(this.failure(error)));
  }

  override async write(payload: Uint8Array): Promise<void> {
    this.#checkOpen("write");
    await this.#submit(this.#input.write(payload));
  }

  override async end(): Promise<void> {
    this.#checkOpen("end");
    this.#isEnded = true;
    await this.#submit(this.#input.close());
  }

  override async report(parts: number, timeout: number): Promise<CallReport> {
    const isEnough = () =>
      this.settled !== undefined || parts > 0 && this.#parts.length >= parts;
    await this.condition.until(isEnough, timeout);
    const report = this.settled ??
      { outcome: "stream" as const, ended: false };
    return { ...report, parts: [...this.#parts] };
  }

  /** Refuses input after the end; a settled call drops it. */
  #checkOpen(command: "write" | "end"): void {
    if (this.#isEnded && this.settled === undefined) {
      throw new AdapterError(
        `Cannot ${command}: the stream request has ended`,
      );
    }
  }

  async #submit(given: Promise<void>): Promise<void> {
    if (!this.#isReading) {
      this.#isReading = true;
      void this.#read();
    }
    // The input of a call fails only with the call, whose result reports it. It
    // can fail before the result has been read.
    await given.catch(() => {});
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const { done, value } = await this.#answer.read();
        if (done) break;
        this.#parts.push(value.slice());
        this.condition.changed();
      }
      this.settle({ outcome: "stream", ended: true });
    } catch (error) {
      this.settle(this.failure(error));
    }
  }
}

function notStream(): AdapterError {
  return new AdapterError(
    "Cannot write: the call is a single request, wanted a stream request",
  );
}
