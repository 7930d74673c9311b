/**
 * A recorded request that is sent again.
 *
 * @module
 */

import { isOperationError, isRetryError, type Remote } from "@gotalk/gotalk";
import type { RequestId } from "@gotalk/gotalk/codec";
import { concat, equals } from "@std/bytes";
import { isLast, type Request, type Result } from "./messages.ts";

/** How an answer ends, and all of its data. */
export interface Answer {
  readonly kind:
    | "SingleResult"
    | "StreamResult"
    | "ErrorResult"
    | "RetryResult";
  readonly payload: Uint8Array;
}

/** What a call reports. */
export interface CallOptions {
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** Called for each message of the answer, with the recorded ID. */
  readonly onResult: (call: ReplayedCall, result: Result) => void;
}

const NOTHING = new Uint8Array(0);

/** A request, its recorded answer, and the answer to it now. */
export class ReplayedCall {
  readonly id: RequestId;
  readonly operation: string;
  /** Resolves when the answer is complete, or will never be. */
  readonly settled: Promise<void>;
  /** Why there is no answer. */
  failure: unknown;
  readonly #cancelling = new AbortController();
  readonly #options: CallOptions;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #lastWrite: Promise<unknown> = Promise.resolve();
  #hasData: boolean;
  readonly #isRecorded = Promise.withResolvers<void>();
  readonly #recorded: Result[] = [];
  readonly #received: Result[] = [];

  /** Sends a request. */
  constructor(remote: Remote, request: Request, options: CallOptions) {
    const { id, operation, payload, kind } = request;
    this.id = id;
    this.operation = operation as string;
    this.#options = options;
    const call = {
      timeout: options.timeout,
      signal: AbortSignal.any([options.signal, this.#cancelling.signal]),
      retry: false,
    };
    this.#hasData = kind === "StreamRequest";
    if (kind === "SingleRequest") {
      const answer = remote.requestBytes(this.operation, payload, call);
      this.settled = this.#settle(answer);
      return;
    }
    const { readable, writable } = remote.stream(this.operation, call);
    this.#writer = (writable as WritableStream<Uint8Array>).getWriter();
    this.#writer.closed.catch(() => {/* The answer fails as well. */});
    if (payload.length > 0) this.#write(payload);
    this.settled = this.#settle(readable);
  }

  /** Whether it may be answered: all of its data was sent. */
  get isSent(): boolean {
    return !this.#hasData;
  }

  /** Whether the requestor gave it up. */
  get isCancelled(): boolean {
    return this.#cancelling.signal.aborted;
  }

  /** Sends a part; resolves when more can be sent. */
  async part(payload: Uint8Array): Promise<void> {
    if (!this.#hasData) return;
    if (payload.length > 0) this.#write(payload);
    else {
      this.#hasData = false;
      this.#writer!.close().catch(() => {/* The answer fails as well. */});
    }
    await this.#lastWrite;
  }

  /** Gives it up, as it was given up in the recording. */
  cancel(): void {
    this.#cancelling.abort();
  }

  /** Notes a message of the recorded answer; returns whether it completes it. */
  record(result: Result): boolean {
    this.#recorded.push(result);
    const isComplete = isLast(result);
    if (isComplete) this.#isRecorded.resolve();
    return isComplete;
  }

  /** Resolves once the recorded answer is complete, or the recording has ended. */
  get isRecorded(): Promise<void> {
    return this.#isRecorded.promise;
  }

  /** The recording has ended. */
  endRecording(): void {
    this.#isRecorded.resolve();
  }

  /** The recorded answer; `undefined` unless all of it was recorded. */
  get recorded(): Answer | undefined {
    return answerOf(this.#recorded);
  }

  /** Whether the answers are the same, however they are cut; `undefined` if one of them is missing. */
  get isSame(): boolean | undefined {
    const { recorded } = this;
    const received = answerOf(this.#received);
    if (recorded === undefined || this.isCancelled) return undefined;
    return recorded.kind === received?.kind &&
      equals(recorded.payload, received.payload);
  }

  #write(payload: Uint8Array): void {
    this.#lastWrite = this.#writer!.write(payload)
      .catch(() => {/* The answer fails as well. */});
  }

  async #settle(
    answer: Promise<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<void> {
    try {
      if (answer instanceof Promise) {
        this.#receive({ kind: "SingleResult", payload: await answer });
        return;
      }
      for await (const payload of answer) {
        if (payload.length > 0) {
          this.#receive({ kind: "StreamResult", payload });
        }
      }
      this.#receive({ kind: "StreamResult", payload: NOTHING });
    } catch (error) {
      if (isOperationError(error)) {
        this.#receive({ kind: "ErrorResult", payload: error.payload });
      } else if (isRetryError(error)) {
        const { wait, payload } = error;
        this.#receive({ kind: "RetryResult", wait, payload });
      } else if (!this.isCancelled) this.failure = error;
    }
  }

  #receive(
    fields: Answer | { kind: "RetryResult"; wait: number; payload: Uint8Array },
  ): void {
    const result = { id: this.id, ...fields } as Result;
    this.#received.push(result);
    this.#options.onResult(this, result);
  }
}

/** Returns an answer as a whole; `undefined` if it is not complete. */
function answerOf(results: readonly Result[]): Answer | undefined {
  const last = results.at(-1);
  if (last === undefined || !isLast(last)) return undefined;
  const data = results.map(({ payload }) => payload);
  // Data before an error is no part of the answer.
  const { kind } = last;
  return {
    kind,
    payload: kind === "StreamResult" ? concat(data) : last.payload,
  };
}
