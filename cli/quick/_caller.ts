/**
 * Requests and notifications over one conversation, which serves nothing.
 *
 * @module
 */

import { CANCEL, encodeCancel } from "../../codec/extensions/cancel.ts";
import { decodeDrain, DRAIN } from "../../codec/extensions/drain.ts";
import type { Header } from "../../codec/header.ts";
import { type Name, quoteName } from "../../codec/name.ts";
import {
  ProtocolError,
  ProtocolErrorCode,
} from "../../codec/protocol_error.ts";
import { onAbort } from "../../peer/abort.ts";
import { type CallOptions, retryPolicy } from "../../peer/call_options.ts";
import type { Clock } from "../../peer/clock.ts";
import { Watchdog } from "../../peer/link/watchdog.ts";
import { reasonText } from "../../peer/requestor/cancel_reason.ts";
import { closedError } from "../../peer/requestor/result_errors.ts";
import { isRetryError } from "../../peer/retry_error.ts";
import { excerpt } from "../../quoting/quote.ts";
import { Call } from "./_call.ts";
import {
  type Connection,
  Conversation,
  type ConversationEvents,
} from "./_conversation.ts";

/** How much of an unknown operation is sent back, in characters or bytes. */
const SHOWN = 120;

/** How many streams are remembered, whose late parts are no fault (limits/ended-streams). */
const MAX_REFUSED = 1024;

/** The first request ID: the digits 0000. */
const FIRST_ID = 0x30303030;

/** A request, with all its attempts, or a notification, until it is over. */
interface Sending {
  readonly operation: string;
  /** The timeout of a request, in milliseconds; a notification has none. */
  readonly timeout: number | undefined;
  /** Rejects once it is given up. */
  readonly left: Promise<never>;
  readonly leave: (reason: unknown) => void;
}

/** Makes requests one after another, and sends notifications. */
export class Caller implements ConversationEvents {
  readonly conversation: Conversation;
  readonly #clock: Clock;
  /** What was begun last. */
  #sending: Sending | undefined;
  /** The timeout of requests: one timer, however many there are. */
  readonly #timeout: Watchdog;
  /** The call that waits for its answer. */
  #call: Call | undefined;
  #nextId = FIRST_ID;
  /** Whether all that was sent has been answered, so that nothing can be reported of it. */
  #isAnswered = true;
  /** The streams of the remote peer that were refused last. */
  readonly #refusedStreams = new Set<number>();
  /** Why the remote peer takes no more requests, once it drains (extension/drain). */
  #drains: Error | undefined;
  /** Why the conversation is over, once it is. */
  #over: { readonly cause: unknown } | undefined;

  constructor(conn: Connection, clock: Clock) {
    this.#clock = clock;
    this.#timeout = new Watchdog(clock, () => this.#timedOut());
    this.conversation = new Conversation(conn, this, clock);
  }

  /** Sends a request, and again if the answer is to repeat it (request/retry-bounded). */
  async request(
    operation: string,
    payload: Uint8Array,
    { retry, signal, timeout = Infinity }: CallOptions,
  ): Promise<Uint8Array> {
    const policy = retryPolicy(retry);
    const { left, leave } = this.#begin(operation, timeout);
    const stop = onAbort(signal, leave);
    this.#timeout.reset(timeout);
    try {
      for (let attempt = 1;; attempt++) {
        try {
          return await this.#attempt(operation, payload, left);
        } catch (error) {
          if (!isRetryError(error) || policy === undefined) throw error;
          this.#refuseIfDraining(operation);
          const { attempts, jitter, maxWait } = policy;
          if (attempt >= attempts || error.wait > maxWait) throw error;
          const delay = error.wait + Math.ceil(Math.random() * jitter);
          const { promise, resolve } = Promise.withResolvers<void>();
          this.#clock.schedule(resolve, delay);
          await Promise.race([promise, left]);
        }
      }
    } finally {
      stop();
      this.#timeout.suspend();
    }
  }

  /** Sends a notification, and waits until it is written. */
  async notify(name: string, payload: Uint8Array): Promise<void> {
    const { left } = this.#begin(name);
    const { conversation } = this;
    const sent = conversation.send({ kind: "Notification", name, payload });
    this.#isAnswered = false;
    await Promise.race([sent, left]);
    if (this.#over && conversation.isCut) {
      throw closedError(name, "not-sent", this.#over.cause);
    }
  }

  /** Begins a request or a notification, which is given up if the conversation ends. */
  #begin(operation: string, timeout?: number): Sending {
    if (this.#over) throw closedError(operation, "not-sent", this.#over.cause);
    const { promise: left, reject: leave } = Promise.withResolvers<never>();
    left.catch(() => {/* It may be over. */});
    return this.#sending = { operation, timeout, left, leave };
  }

  /** Sends a request once; an answer that comes after `left` has rejected is not wanted (extension/cancel). */
  async #attempt(
    operation: string,
    payload: Uint8Array,
    left: Promise<never>,
  ): Promise<Uint8Array> {
    this.#refuseIfDraining(operation);
    const id = this.#nextId++;
    const { conversation } = this;
    void conversation.send({ kind: "SingleRequest", id, operation, payload });
    this.#isAnswered = false;
    const call = new Call(id, operation);
    this.#call = call;
    try {
      return await Promise.race([call.result, left]);
    } catch (error) {
      if (this.#call === call) {
        this.#call = undefined;
        const cancel = encodeCancel({ id, reason: reasonText(error) });
        void conversation.send({
          kind: "Notification",
          name: CANCEL,
          payload: cancel,
        });
      }
      throw error;
    }
  }

  /** Sends no request to a peer that drains (extension/drain). */
  #refuseIfDraining(operation: string): void {
    if (this.#drains) throw closedError(operation, "not-sent", this.#drains);
  }

  /** The request has taken too long, all its attempts together. */
  #timedOut(): void {
    const { leave, operation, timeout } = this.#sending!;
    const sent = this.#call === undefined ? "not sent" : "sent";
    leave(
      new DOMException(
        `Cannot complete ${
          quoteName(operation)
        }: no result within ${timeout} ms, the request was ${sent}`,
        "TimeoutError",
      ),
    );
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
    this.#timeout.stop();
    if (this.#sending === undefined) return;
    const { leave, operation, timeout } = this.#sending;
    // Of a notification, its write tells whether it left before an end without an error.
    if (timeout === undefined && error === undefined) return;
    const outcome = this.#call === undefined ? "not-sent" : "unknown";
    leave(closedError(operation, outcome, cause));
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
