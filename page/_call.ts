/**
 * Calls, as both kinds of requests have them in common.
 *
 * @module
 */

import { CANCEL } from "../codec/extensions/cancel.ts";
import { isLimitError } from "../codec/limit_error.ts";
import { quoteName } from "../codec/name.ts";
import { isDOMException } from "../peer/abort.ts";
import type { CallOptions } from "../peer/call_options.ts";
import {
  closedError,
  failedError,
  retryError,
} from "../peer/requestor/result_errors.ts";
import { bound } from "./_clock.ts";
import { limitError, timeoutError } from "./_errors.ts";
import { encodeReason } from "./_extensions.ts";
import type { Letter } from "./_wire.ts";
import type { Line } from "./_line.ts";

/** The number of cancelled calls whose IDs are reserved until their answers are complete (request/abandoned). */
const MAX_RESERVED = 1024;

/** Lets a number of calls proceed at a time. */
export class Gate {
  #free: number;
  /** Those that wait, in order. Each returns whether it takes its place. */
  readonly #queue = new Set<() => boolean>();

  constructor(places: number) {
    this.#free = places;
  }

  /** Calls back when it is the caller's turn; at once if it must not wait. */
  enter(take: () => boolean, mustNotWait: boolean): void {
    if (!mustNotWait && this.#free <= 0) this.#queue.add(take);
    else this.#admit(take);
  }

  /** Waits no more. */
  withdraw(take: () => boolean): void {
    this.#queue.delete(take);
  }

  /** Frees a place. */
  leave(): void {
    this.#free++;
    // In a loop: any number of them may not take their places.
    for (const take of this.#queue) {
      if (this.#free <= 0) return;
      this.#queue.delete(take);
      this.#admit(take);
    }
  }

  #admit(take: () => boolean): void {
    this.#free--;
    if (!take()) this.#free++;
  }
}

/** What calls of one line share. */
export interface CallLine {
  readonly line: Line;
  /** All calls that have not settled. */
  readonly calls: Set<Call>;
  /** Those that await an answer, or were cancelled and reserve their IDs until it is complete, by ID. */
  readonly pending: Map<string, Call>;
  /** Returns why no call can be made now; `undefined` if it can. */
  refusal(): unknown;
  /** Returns an ID that is free. */
  newId(): string;
}

/** A call that has not settled: it fails with its signal, its timeout and its connection. */
export abstract class Call {
  /** The request ID; empty before it is sent. */
  id = "";
  isSettled = false;
  readonly operation: string;
  protected readonly shared: CallLine;
  #unbind = () => {};
  /** Gives up the place at the gate, or the wait for one. */
  #leaveGate = () => {};

  constructor(shared: CallLine, operation: string) {
    this.shared = shared;
    this.operation = operation;
    shared.calls.add(this);
  }

  /** Fails the call with the signal and after the timeout. */
  protected bound(options: CallOptions): void {
    this.#unbind = bound(
      this.shared.line.clock,
      options,
      (reason) => this.fail(reason, true),
      () => {
        const { timeout } = options;
        const sent = this.id === "" ? "not sent" : "sent";
        const what = `no result within ${Math.round(timeout!)} ms, the request`;
        this.fail(timeoutError(this.operation, `${what} was ${sent}`), true);
      },
    );
    if (this.isSettled) this.#unbind();
  }

  /** Receives a message of the answer; `undefined` for a payload that is too large. */
  answer(
    letter: Letter,
    payload: Uint8Array<ArrayBuffer> | undefined,
    wait: number,
  ): void {
    const { operation, shared } = this;
    if (this.isSettled) {
      // extension/cancel-last
      const goesOn = letter === "S" && payload?.byteLength !== 0;
      if (!goesOn) shared.pending.delete(this.id);
    } else if (payload === undefined) {
      this.tooLarge(letter !== "S");
    } else if (letter === "E") {
      this.fail(failedError(operation, payload));
    } else if (letter === "e") {
      this.fail(retryError(operation, wait, payload));
    } else this.data(letter === "R", payload);
  }

  /** Fails the call: its answer is too large. Unless that is its whole, the rest is dropped. */
  protected tooLarge(isWhole: boolean): void {
    const what = `accept the result of ${quoteName(this.operation)}`;
    this.fail(limitError(what, "maxPayloadBytes"), !isWhole);
  }

  /** The remote peer takes more of the data. */
  credited(_offset: number): void {}

  /** The connection has ended. */
  closed(cause: unknown): void {
    const outcome = this.id === "" ? "not-sent" : "unknown";
    this.fail(closedError(this.operation, outcome, cause));
  }

  /** Fails the call; `cancels` is whether an answer may be under way. */
  fail(error: unknown, cancels = false): void {
    if (this.isSettled) return;
    this.settle(cancels ? { reason: error } : undefined);
    this.rejected(error, cancels);
  }

  /** Receives data of the answer; with `isWhole`, it is the whole answer. */
  protected abstract data(
    isWhole: boolean,
    payload: Uint8Array<ArrayBuffer>,
  ): void;
  /** Rejects what the caller waits for. */
  protected abstract rejected(error: unknown, isLeft: boolean): void;

  /** Sends the request with an ID when it is the call's turn. */
  protected admit(gate: Gate, send: (id: string) => void): void {
    const { shared } = this;
    const take = () => {
      const refusal = shared.refusal();
      if (refusal !== undefined) {
        this.closed(refusal);
        return false;
      }
      const id = shared.newId();
      try {
        send(id);
      } catch (error) {
        this.fail(error);
        return false;
      }
      this.#leaveGate = () => gate.leave();
      this.id = id;
      shared.pending.set(id, this);
      return true;
    };
    if (this.isSettled) return;
    this.#leaveGate = () => gate.withdraw(take);
    // A handler may wait for the result.
    gate.enter(take, shared.line.isHandling);
  }

  /** Ends the call. `left` is why, if the answer is not wanted any more. */
  protected settle(left?: { readonly reason: unknown }): void {
    const { id, shared } = this;
    this.isSettled = true;
    this.#unbind();
    shared.calls.delete(this);
    this.#leaveGate();
    if (id !== "") {
      if (left === undefined) shared.pending.delete(id);
      else this.#cancel(left.reason);
    }
    shared.line.settled();
  }

  /** Reports that the answer is not wanted any more (extension/cancel). */
  #cancel(reason: unknown): void {
    const { calls, line, pending } = this.shared;
    line.send("n", "", CANCEL, encodeReason(this.id, reasonText(reason)));
    if (pending.size - calls.size <= MAX_RESERVED) return;
    for (const [id, { isSettled }] of pending) {
      if (isSettled) return void pending.delete(id);
    }
  }
}

function reasonText(reason: unknown): string {
  if (typeof reason === "string") return reason;
  if (isLimitError(reason)) return "result too large";
  return isDOMException(reason, "TimeoutError") ? "timeout" : "";
}
