/**
 * Requests and notifications over one conversation, which serves nothing.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { CANCEL, encodeCancel } from "../../codec/extensions/cancel.ts";
import { decodeDrain, DRAIN } from "../../codec/extensions/drain.ts";
import type { Header } from "../../codec/header.ts";
import { LimitError } from "../../codec/limit_error.ts";
import { type Name, quoteName } from "../../codec/name.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
} from "../../codec/protocol_error.ts";
import { isDOMException, onAbort } from "../../peer/abort.ts";
import { type CallOptions, retryPolicy } from "../../peer/call_options.ts";
import type { Clock } from "../../peer/clock.ts";
import { DEFAULT_LIMITS } from "../../peer/limits.ts";
import {
  closedError,
  failedError,
  retryError,
} from "../../peer/requestor/result_errors.ts";
import { isRetryError } from "../../peer/retry_error.ts";
import { isShuttingDown } from "../../peer/shutting_down.ts";
import { excerpt } from "../../quoting/quote.ts";
import {
  type Connection,
  Conversation,
  type ConversationEvents,
} from "./_conversation.ts";

const { maxPayloadBytes } = DEFAULT_LIMITS;

/** How much of an unknown operation is sent back, in characters or bytes. */
const SHOWN = 120;

/** How many streams are remembered, whose late parts are no fault (limits/ended-streams). */
const MAX_REFUSED = 1024;

/** The first request ID: the digits 0000. */
const FIRST_ID = 0x30303030;

/** A request until its answer is complete. */
class Call {
  readonly id: number;
  readonly operation: string;
  readonly result: Promise<Uint8Array>;
  readonly #result = Promise.withResolvers<Uint8Array>();
  /** The parts of a result that arrives in parts (request/joined-answer). */
  readonly #parts: Uint8Array[] = [];
  #size = 0;

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
    if (kind === "ErrorResult") this.fail(failedError(operation, payload));
    else if (kind === "RetryResult") {
      this.fail(retryError(operation, wait, payload));
    } else if (!isPart || size === 0) {
      this.#result.resolve(isPart ? concat(this.#parts) : payload);
    } else {
      this.#parts.push(payload);
      this.#size += size;
      // limits/joined-answer
      if (this.#size > maxPayloadBytes) {
        this.#tooLarge(
          `its parts exceed ${maxPayloadBytes} bytes`,
          "maxPayloadBytes",
        );
      }
      return false;
    }
    return true;
  }

  fail(error: unknown): void {
    this.#result.reject(error);
  }

  #tooLarge(what: string, most: number | string): void {
    const message = `Cannot accept the result of ${
      quoteName(this.operation)
    }: ${what}, wanted at most ${most}`;
    this.fail(new LimitError(message, { code: "maxPayloadBytes" }));
  }
}

/** Makes requests one after another, and sends notifications. */
export class Caller implements ConversationEvents {
  readonly conversation: Conversation;
  readonly #clock: Clock;
  /** The call that waits for its answer. */
  #call: Call | undefined;
  #nextId = FIRST_ID;
  /** Whether all that was sent has been answered, so that nothing can be reported of it. */
  #isAnswered = false;
  /** The streams of the remote peer that were refused last. */
  readonly #refusedStreams = new Set<number>();
  /** Why the remote peer takes no more requests, once it drains (extension/drain). */
  #drains: Error | undefined;
  /** Why the conversation is over, once it is. */
  #over: { readonly cause: unknown } | undefined;

  constructor(conn: Connection, clock: Clock) {
    this.#clock = clock;
    this.conversation = new Conversation(conn, this, clock);
  }

  /** Sends a request, and again if the answer is to repeat it (request/retry-bounded). */
  async request(
    operation: string,
    payload: Uint8Array,
    { retry, signal, timeout = Infinity }: CallOptions,
  ): Promise<Uint8Array> {
    const policy = retryPolicy(retry);
    const left = Promise.withResolvers<never>();
    const leave = (reason: unknown) => left.reject(reason);
    const stop = onAbort(signal, leave);
    const timer = this.#clock.schedule(
      () => leave(lateError(operation, timeout)),
      timeout,
    );
    try {
      for (let attempt = 1;; attempt++) {
        try {
          return await this.#attempt(operation, payload, left.promise);
        } catch (error) {
          if (!isRetryError(error) || policy === undefined) throw error;
          const refused = error.payload as Uint8Array<ArrayBuffer>;
          if (this.#drains && isShuttingDown(refused)) {
            throw closedError(operation, "not-sent", this.#drains);
          }
          const { attempts, jitter, maxWait } = policy;
          if (attempt >= attempts || error.wait > maxWait) throw error;
          const delay = error.wait + Math.ceil(Math.random() * jitter);
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#clock.schedule(resolve, delay);
          await Promise.race([promise, left.promise]);
        }
      }
    } finally {
      stop();
      this.#clock.cancel(timer);
    }
  }

  /** Sends a notification, and waits until it is written. */
  async notify(name: string, payload: Uint8Array): Promise<void> {
    if (this.#over) throw closedError(name, "not-sent", this.#over.cause);
    this.#isAnswered = false;
    await this.conversation.send({ kind: "Notification", name, payload });
  }

  /** Sends a request once; an answer that comes after `left` has rejected is not wanted (extension/cancel). */
  async #attempt(
    operation: string,
    payload: Uint8Array,
    left: Promise<never>,
  ): Promise<Uint8Array> {
    if (this.#over) throw closedError(operation, "not-sent", this.#over.cause);
    const id = this.#nextId++;
    this.#isAnswered = false;
    const { conversation } = this;
    void conversation.send({ kind: "SingleRequest", id, operation, payload });
    const call = new Call(id, operation);
    this.#call = call;
    try {
      return await Promise.race([call.result, left]);
    } catch (error) {
      if (this.#call === call) {
        this.#call = undefined;
        const reason = isDOMException(error, "TimeoutError") ? "timeout" : "";
        const cancel = encodeCancel({ id, reason });
        void conversation.send({
          kind: "Notification",
          name: CANCEL,
          payload: cancel,
        });
      }
      throw error;
    }
  }

  message(header: Header, payload: Uint8Array | undefined): void {
    const { kind, id, name } = header;
    switch (kind) {
      case "StreamRequest":
        this.#refuseStream(id);
        return this.#unknown(id, name);
      case "SingleRequest":
        return this.#unknown(id, name);
      case "StreamRequestPart":
        return this.#refusePart(id);
      case "SingleResult":
      case "StreamResult":
      case "ErrorResult":
      case "RetryResult":
        // One that answers nothing is dropped (request/unknown-answer).
        if (id === this.#call?.id && this.#call.answer(header, payload)) {
          this.#call = undefined;
          this.#isAnswered = true;
        }
        return;
      case "Notification":
        if (name === DRAIN && payload !== undefined) {
          const reason = decodeDrain(payload);
          const why = reason === "" ? "" : `: ${excerpt(reason)}`;
          this.#drains = new Error(`the remote peer is draining${why}`);
        }
    }
  }

  /** Ends the conversation once all is written. */
  async close(): Promise<void> {
    await this.conversation.close(!this.#isAnswered);
  }

  over(error: unknown): void {
    const cause = error ?? new Error("the remote peer ended the connection");
    this.#over = { cause };
    const call = this.#call;
    call?.fail(closedError(call.operation, "unknown", cause));
  }

  /** Remembers a stream of the remote peer, whose parts may follow (limits/ended-streams). */
  #refuseStream(id: number): void {
    const refused = this.#refusedStreams;
    refused.add(id);
    if (refused.size > MAX_REFUSED) {
      const [oldest] = refused;
      refused.delete(oldest!);
    }
  }

  /** Drops a part of a refused stream (stream/late-parts); there are no others (stream/unknown-part). */
  #refusePart(id: number): void {
    if (this.#refusedStreams.has(id)) return;
    this.conversation.fail(
      new ProtocolError(
        "Cannot accept StreamRequestPart: its request ID belongs to no stream, wanted another",
        { code: ProtocolErrorCode.invalidMessage, reason: "not-allowed" },
      ),
    );
  }

  /** Answers a request of the remote peer (request/unknown-operation). */
  #unknown(id: number, operation: Name): void {
    const name = typeof operation === "string"
      ? excerpt(operation, SHOWN)
      : quoteName(operation.subarray(0, SHOWN));
    const payload = new TextEncoder().encode(`unknown operation ${name}`);
    void this.conversation.send({ kind: "ErrorResult", id, payload });
  }
}

/** Creates the error for a call that has taken too long. */
function lateError(operation: string, timeout: number): DOMException {
  return new DOMException(
    `Cannot complete ${
      quoteName(operation)
    }: no result within ${timeout} ms, the request was sent`,
    "TimeoutError",
  );
}
