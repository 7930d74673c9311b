/**
 * Requests to members, here and in other processes.
 *
 * @module
 */

import {
  isLimitError,
  isOperationError,
  isRetryError,
  LimitError,
  OperationError,
  RetryError,
} from "../mod.ts";
import {
  type Clock,
  isConnectionClosedError,
  type Remote,
} from "../peer/mod.ts";
import { quoteName } from "../codec/mod.ts";
import type { Answer, Call, Message } from "./_message.ts";
import { MemberGoneError } from "./member_gone_error.ts";

const NOTHING = new Uint8Array();

/** The part of the rooms that requests use. */
export interface Switchboard {
  readonly process: string;
  readonly clock: Clock;
  readonly answerTimeout: number;
  /** How often a process reports that a request still runs, or is still wanted. */
  readonly interval: number;
  /** How long the other process may be silent. */
  readonly expiry: number;
  /** Sends a message to a process. Throws if it is too large. */
  readonly send: (
    process: string,
    message: Message,
    payload?: Uint8Array,
  ) => boolean;
  /** Finds a member of this process. */
  readonly find: (room: string, id: string) => Remote | undefined;
}

/** A request to a member. */
export interface Request {
  readonly room: string;
  readonly member: string;
  readonly operation: string;
  readonly payload: Uint8Array;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
}

/** A request to a member of another process that has no answer yet. */
interface Pending {
  readonly request: Request;
  readonly resolve: (result: Uint8Array) => void;
  readonly reject: (error: unknown) => void;
  /** Rejects, and lets the other process stop. */
  readonly abandon: (error: unknown) => void;
  /** Begins anew the time within which the other process must be heard of. */
  readonly taken: () => void;
}

/** A request of another process. */
interface Running {
  readonly from: string;
  readonly call: number;
  readonly controller: AbortController;
  /** When the other process was last known to want it. */
  wanted: number;
}

/** Requests of this process and of others. */
export class Calls {
  readonly #switchboard: Switchboard;
  readonly #pending = new Map<number, Pending>();
  /** The requests of other processes, by process and number. */
  readonly #running = new Map<string, Running>();
  #last = 0;
  #timer: unknown;

  constructor(switchboard: Switchboard) {
    this.#switchboard = switchboard;
  }

  /** Sends a request to a member, wherever it is. */
  async send(request: Request): Promise<Uint8Array> {
    request.signal?.throwIfAborted();
    const process = processOf(request.member);
    if (process === undefined) throw gone(request, "not-sent", "it is none");
    const { find, process: own } = this.#switchboard;
    if (process === own) {
      const peer = find(request.room, request.member);
      return await requestHere(peer, request);
    }
    return await this.#sendTo(process, request);
  }

  /** Rejects pending requests, and aborts those of other processes. */
  close(): void {
    for (const { request, abandon } of [...this.#pending.values()]) {
      abandon(gone(request, "unknown", "the rooms were closed"));
    }
    for (const { controller } of this.#running.values()) controller.abort();
    this.#switchboard.clock.cancel(this.#timer);
  }

  /** Carries out a request of another process. */
  async receive(from: string, call: Call, payload: Uint8Array): Promise<void> {
    const { clock, send, find } = this.#switchboard;
    const key = `${from} ${call.call}`;
    const answer = (answer: Answer, payload?: Uint8Array) =>
      send(from, { kind: "answer", call: call.call, ...answer }, payload);
    const controller = new AbortController();
    const wanted = clock.now();
    this.#running.set(key, { from, call: call.call, controller, wanted });
    this.#timer ??= this.#scheduleReports();
    try {
      send(from, { kind: "taken", call: call.call });
      const { signal } = controller;
      const timeout = call.timeout ?? Infinity;
      const result = await requestHere(
        find(call.room, call.member),
        { ...call, payload, signal, timeout },
      );
      answer({ outcome: "result" }, result);
    } catch (error) {
      if (!controller.signal.aborted) fail(answer, error);
    } finally {
      this.#running.delete(key);
      if (this.#running.size === 0) {
        clock.cancel(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** Aborts a request of another process, which no longer needs its result. */
  cancel(from: string, call: number): void {
    this.#running.get(`${from} ${call}`)?.controller.abort();
  }

  /** Records that another process has taken a request, or still carries it out. */
  taken(from: string, call: number): void {
    const pending = this.#pending.get(call);
    pending?.taken();
    const kind = pending === undefined ? "cancel" : "wanted";
    this.#report(from, { kind, call });
  }

  /** Records that another process still wants the result of a request. */
  wanted(from: string, call: number): void {
    const running = this.#running.get(`${from} ${call}`);
    if (running === undefined) return;
    running.wanted = this.#switchboard.clock.now();
  }

  /** Settles a request that another process has answered. */
  answered(call: number, answer: Answer, payload: Uint8Array): void {
    const pending = this.#pending.get(call);
    if (pending === undefined) return;
    if (answer.outcome === "result") pending.resolve(payload);
    else pending.reject(errorOf(answer, pending.request, payload));
  }

  async #sendTo(process: string, request: Request): Promise<Uint8Array> {
    const { clock, answerTimeout, expiry, send } = this.#switchboard;
    const { room, member, operation, timeout, signal, payload } = request;
    const call = ++this.#last;
    const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
    const abandon = (reason: unknown) => {
      reject(reason);
      this.#report(process, { kind: "cancel", call });
    };
    const onAbort = () => abandon(signal?.reason);
    let stopSilence = after(clock, answerTimeout, () => {
      abandon(gone(request, "unknown", "its process does not answer"));
    });
    const taken = () => {
      stopSilence();
      stopSilence = after(clock, expiry, () => {
        abandon(gone(request, "unknown", "its process is silent"));
      });
    };
    const stopTimeout = after(clock, timeout, () => abandon(timedOut(request)));
    signal?.addEventListener("abort", onAbort);
    const pending = { request, resolve, reject, abandon, taken };
    this.#pending.set(call, pending);
    try {
      const isSent = send(
        process,
        {
          kind: "call",
          call,
          room,
          member,
          operation,
          timeout: timeout === Infinity ? null : timeout,
        },
        payload,
      );
      if (!isSent) {
        throw gone(request, "not-sent", "no connection to its process");
      }
      return await promise;
    } finally {
      this.#pending.delete(call);
      stopSilence();
      stopTimeout();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #scheduleReports(): unknown {
    const { clock, interval } = this.#switchboard;
    return clock.schedule(() => this.#reportRunning(), interval);
  }

  /** Reports each request that runs, and aborts those of processes that are silent. */
  #reportRunning(): void {
    const { clock, expiry } = this.#switchboard;
    const since = clock.now() - expiry;
    for (const { from, call, controller, wanted } of this.#running.values()) {
      if (wanted <= since) controller.abort();
      else this.#report(from, { kind: "taken", call });
    }
    this.#timer = this.#scheduleReports();
  }

  /** Sends a message that is repeated, or that the other process can do without. */
  #report(process: string, message: Message): void {
    try {
      this.#switchboard.send(process, message);
    } catch {
      // The back-plane takes nothing.
    }
  }
}

/** Schedules a callback; returns a function that cancels it. */
function after(clock: Clock, delay: number, callback: () => void): () => void {
  if (delay === Infinity) return () => {};
  const timer = clock.schedule(callback, delay);
  return () => clock.cancel(timer);
}

/**
 * The process that a member is connected to; `undefined` if the ID is none. It may
 * come from anybody, and becomes part of a topic.
 */
function processOf(member: string): string | undefined {
  return /^([0-9a-f]{32})\.[0-9a-f]{32}$/.exec(member)?.[1];
}

/** Answers with an error, or with why that cannot be sent: it may be too large. */
function fail(
  answer: (answer: Answer, payload: Uint8Array) => void,
  error: unknown,
): void {
  try {
    answer(...answerOf(error));
  } catch (obstacle) {
    try {
      answer(...answerOf(obstacle));
    } catch {
      // The back-plane takes nothing. The time of the request ends.
    }
  }
}

async function requestHere(
  peer: Remote | undefined,
  request: Request,
): Promise<Uint8Array> {
  if (peer === undefined) throw gone(request, "not-sent", "it has left");
  const { operation, payload, signal, timeout } = request;
  try {
    return await peer.requestBytes(operation, payload, { signal, timeout });
  } catch (error) {
    if (!isConnectionClosedError(error)) throw error;
    throw gone(request, error.outcome, "it has left", error);
  }
}

/** Returns the answer to the process of the caller for an error. */
function answerOf(error: unknown): [Answer, Uint8Array] {
  if (isOperationError(error)) {
    const { message, text, code, data, payload } = error;
    return [{ outcome: "error", message, text, code, data }, payload];
  }
  if (isRetryError(error)) {
    const { message, wait, payload } = error;
    return [{ outcome: "retry", message, wait }, payload];
  }
  if (error instanceof MemberGoneError) {
    return [{ outcome: "gone", sent: error.outcome }, NOTHING];
  }
  const { name, message } = error instanceof Error
    ? error
    : new Error("failed");
  if (name === "TimeoutError") return [{ outcome: "timeout" }, NOTHING];
  const code = isLimitError(error) ? { code: error.code } : {};
  return [{ outcome: "failed", message, ...code }, NOTHING];
}

/** Returns the error that an answer stands for. */
function errorOf(
  answer: Exclude<Answer, { outcome: "result" }>,
  request: Request,
  payload: Uint8Array,
): Error {
  const { operation } = request;
  switch (answer.outcome) {
    case "error": {
      const { message, text, code, data } = answer;
      const options = { operation, payload, text, code, data };
      return new OperationError(message, options);
    }
    case "retry":
      return new RetryError(answer.message, {
        wait: answer.wait,
        operation,
        payload,
      });
    case "gone":
      return gone(request, answer.sent, "it has left");
    case "failed":
      return answer.code === undefined
        ? new Error(answer.message)
        : new LimitError(answer.message, { code: answer.code });
    default:
      return timedOut(request);
  }
}

function gone(
  { operation, member }: Pick<Request, "operation" | "member">,
  outcome: "not-sent" | "unknown",
  why: string,
  cause?: unknown,
): MemberGoneError {
  const what = outcome === "not-sent"
    ? "the request was not sent"
    : "the outcome of the request is unknown";
  return new MemberGoneError(
    `Cannot request ${quoteName(operation)} of the member ${
      quoteName(member)
    }: ${why}, ${what}`,
    { outcome, ...cause !== undefined && { cause } },
  );
}

function timedOut({ operation, member, timeout }: Request): DOMException {
  return new DOMException(
    `Cannot request ${quoteName(operation)} of the member ${
      quoteName(member)
    }: no result within ${timeout} ms`,
    "TimeoutError",
  );
}
