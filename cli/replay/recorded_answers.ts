/**
 * The recorded answers to requests of the remote peer.
 *
 * @module
 */

import { type Handlers, OperationError, RetryError } from "@gotalk/gotalk";
import type { RequestId } from "@gotalk/gotalk/codec";
import { concat } from "@std/bytes";
import type { Request, Result } from "./messages.ts";
import { isLast } from "./messages.ts";

/** What is answered if the recording has no answer. */
const NOT_RECORDED = "no answer was recorded";

/**
 * Answers requests of the remote peer as they were answered in the recording.
 * The request IDs differ now: the first request for an operation gets the first
 * recorded answer, and so on.
 */
export class RecordedAnswers {
  /** Answers of recorded requests that did not come yet, by operation. */
  readonly #recorded = new Map<string, RecordedAnswer[]>();
  /** Requests that came before they are reached in the recording. */
  readonly #early = new Map<string, ((answer: RecordedAnswer) => void)[]>();
  readonly #open = new Map<RequestId, RecordedAnswer>();
  readonly #all = new Set<RecordedAnswer>();
  #hasEnded = false;

  /** Sets the handlers. */
  addTo(handlers: Handlers): void {
    handlers.handleOther(async (_, { operation }) =>
      await (await this.#answerTo(operation)).single()
    );
    handlers.handleOtherStream(async (_, { operation }) =>
      (await this.#answerTo(operation)).parts()
    );
  }

  /** Notes a recorded request. */
  request({ id, operation }: Request): void {
    const answer = new RecordedAnswer();
    this.#open.set(id, answer);
    this.#all.add(answer);
    const name = String(operation);
    const early = this.#early.get(name)?.shift();
    if (early === undefined) add(this.#recorded, name, answer);
    else early(answer);
  }

  /** Notes a recorded answer, or a part of it; returns whether its request is known. */
  result(result: Result): boolean {
    const answer = this.#open.get(result.id);
    if (answer === undefined) return false;
    answer.push(result);
    if (isLast(result)) {
      this.#open.delete(result.id);
      this.#all.delete(answer);
    }
    return true;
  }

  /** Notes the end of the recording: what has no answer fails. */
  end(): void {
    this.#hasEnded = true;
    for (const answer of this.#all) answer.end();
    for (const resolve of [...this.#early.values()].flat()) {
      resolve(missingAnswer());
    }
  }

  #answerTo(operation: string): RecordedAnswer | Promise<RecordedAnswer> {
    const answer = this.#recorded.get(operation)?.shift();
    if (answer !== undefined) return answer;
    if (this.#hasEnded) return missingAnswer();
    const { promise, resolve } = Promise.withResolvers<RecordedAnswer>();
    add(this.#early, operation, resolve);
    return promise;
  }
}

function add<T>(map: Map<string, T[]>, name: string, value: T): void {
  const values = map.get(name);
  if (values === undefined) map.set(name, [value]);
  else values.push(value);
}

function missingAnswer(): RecordedAnswer {
  const answer = new RecordedAnswer();
  answer.end();
  return answer;
}

/** One answer, which comes in parts. */
class RecordedAnswer {
  readonly #results: Result[] = [];
  #wake: (() => void) | undefined;
  #hasEnded = false;

  push(result: Result): void {
    this.#results.push(result);
    this.#wake?.();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake?.();
  }

  /** Returns all of it; throws the recorded error. */
  async single(): Promise<Uint8Array<ArrayBuffer>> {
    return concat(await Array.fromAsync(this.parts()));
  }

  /** Yields the data; throws the recorded error. */
  async *parts(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    for (;;) {
      const result = await this.#next();
      const payload = result?.payload as Uint8Array<ArrayBuffer>;
      switch (result?.kind) {
        case undefined:
          throw new OperationError(NOT_RECORDED);
        case "SingleResult":
          if (payload.length > 0) yield payload;
          return;
        case "StreamResult":
          if (payload.length === 0) return;
          yield payload;
          break;
        case "ErrorResult":
          throw new OperationError("as recorded", { payload });
        case "RetryResult":
          throw new RetryError("as recorded", { wait: result.wait, payload });
      }
    }
  }

  async #next(): Promise<Result | undefined> {
    while (this.#results.length === 0 && !this.#hasEnded) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
    return this.#results.shift();
  }
}
