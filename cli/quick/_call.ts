/**
 * A request that awaits its answer.
 *
 * @module
 */

import type { Header } from "../../codec/header.ts";
import { LimitError } from "../../codec/limit_error.ts";
import { quoteName } from "../../codec/name.ts";
import { DEFAULT_LIMITS } from "../../peer/limits.ts";
import { failedError, retryError } from "../../peer/requestor/result_errors.ts";

const { maxPayloadBytes } = DEFAULT_LIMITS;

/** A request until its answer is complete. */
export class Call {
  readonly id: number;
  readonly operation: string;
  /** The payload of the result. */
  readonly result: Promise<Uint8Array>;
  readonly #result = Promise.withResolvers<Uint8Array>();
  /** The parts of a result that arrives in parts, joined, with space for more (request/joined-answer). */
  #joined = new Uint8Array();
  #size = 0;

  /** Prepares for the answer to a request with this ID. */
  constructor(id: number, operation: string) {
    this.id = id;
    this.operation = operation;
    this.result = this.#result.promise;
  }

  /** Takes a message of the answer; its payload is `undefined` if it is too large. Returns whether that completes it. */
  answer(
    { kind, size, wait }: Header,
    payload: Uint8Array | undefined,
  ): boolean {
    const { operation } = this;
    const isPart = kind === "StreamResult";
    if (payload === undefined) {
      this.#tooLarge(`its payload is ${size} bytes`, maxPayloadBytes);
      return !isPart;
    }
    const { reject, resolve } = this.#result;
    if (kind === "ErrorResult") reject(failedError(operation, payload));
    else if (kind === "RetryResult") {
      reject(retryError(operation, wait, payload));
    } else if (!isPart || size === 0) {
      resolve(isPart ? this.#joined.subarray(0, this.#size) : payload);
    } else {
      this.#join(payload);
      return false;
    }
    return true;
  }

  #join(part: Uint8Array): void {
    const at = this.#size;
    this.#size += part.byteLength;
    // limits/joined-answer
    if (this.#size > maxPayloadBytes) {
      return this.#tooLarge(
        `its parts exceed ${maxPayloadBytes} bytes`,
        "maxPayloadBytes",
      );
    }
    const capacity = this.#joined.byteLength;
    if (this.#size > capacity) {
      const joined = this.#joined;
      // Doubled, so that many tiny parts cost no more than their bytes.
      this.#joined = new Uint8Array(Math.max(this.#size, 2 * capacity));
      this.#joined.set(joined);
    }
    this.#joined.set(part, at);
  }

  #tooLarge(what: string, most: number | string): void {
    const message = `Cannot accept the result of ${
      quoteName(this.operation)
    }: ${what}, wanted at most ${most}`;
    this.#result.reject(new LimitError(message, { code: "maxPayloadBytes" }));
  }
}
