/**
 * What becomes of an HTTP call: the messages of the peer as a response.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { type Message, ProtocolErrorCode, text } from "../codec/mod.ts";
import type { PeerEvent, RefusalLimit } from "../peer/mod.ts";
import { parsePayload } from "../peer/operation_error.ts";
import { excerpt } from "../quoting/quote.ts";
import { clientLeft } from "./_client_left.ts";
import {
  type Failure,
  failure,
  failureJson,
  failureOf,
  INTERNAL_ERROR,
  limitFailure,
  retryLater,
} from "./_failure.ts";
import { MEDIA } from "./_media_type.ts";

/** What a call leads to. */
export type Outcome =
  | {
    readonly kind: "result";
    readonly body:
      | string
      | Uint8Array<ArrayBuffer>
      | ReadableStream<Uint8Array>;
    readonly length: number;
  }
  /** A notification, whose handler has ended. */
  | { readonly kind: "accepted" }
  | { readonly kind: "stream"; readonly body: ReadableStream<Uint8Array> }
  | {
    readonly kind: "failure";
    readonly failure: Failure;
    /** Its JSON, if that is large. */
    readonly body?: ReadableStream<Uint8Array>;
  };

/**
 * The largest body that is passed to the runtime as a whole, in bytes. The
 * runtime keeps it until the client has read it, or the system has taken it,
 * while nothing counts it; larger ones are passed in pieces of this size.
 */
export const PIECE = 16 * 1024;

/** The code of a call whose input is invalid. */
const INVALID_INPUT = "invalid-input";

const DATA = text.encode("data: ");
const NEWLINE = text.encode("\n");
const END = text.encode("event: end\ndata:\n\n");
/** A comment, which keeps the connection open through proxies. */
const KEEPALIVE = text.encode(":\n\n");

/** Turns the messages that answer a call into its outcome. */
export class CallAnswer {
  /** Resolves with the first that is known of the answer. */
  readonly outcome: Promise<Outcome>;
  /** Resolves when the answer is complete, or nobody wants it. */
  readonly complete: Promise<void>;
  readonly #type: string;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #completed: () => void;
  readonly #cancelled: (reason: unknown) => void;
  #body: ReadableStreamDefaultController<Uint8Array> | undefined;
  #resume: (() => void) | undefined;
  #isOver = false;
  /** Number of bytes of a result that the client has taken while it is written. */
  bytesTaken = 0;
  #beats = 0;
  /** The reason that events gave for the answer that follows. */
  #limit: RefusalLimit | undefined;
  #isInvalid = false;
  #isFailed = false;

  /**
   * Creates an answer of a media type. `cancelled` is called if the client
   * leaves within the body.
   */
  constructor(type: string, cancelled: (reason: unknown) => void) {
    this.#type = type;
    this.#cancelled = cancelled;
    ({ promise: this.outcome, resolve: this.#resolve } = Promise
      .withResolvers<Outcome>());
    ({ promise: this.complete, resolve: this.#completed } = Promise
      .withResolvers<void>());
  }

  /** Whether a part of the answer waits for the client to read it. */
  get isUnread(): boolean {
    return this.#resume !== undefined;
  }

  /** Whether the answer is complete, or nobody wants it. */
  get isComplete(): boolean {
    return this.#isOver;
  }

  /** Observes the events of the peer, which know why a call is answered with an error. */
  observe(event: PeerEvent): void {
    switch (event.type) {
      case "refusal":
        this.#limit = event.limit;
        if (this.#isNotification && event.limit === "handlerTimeout") {
          this.fail(failure(504, event.limit, "handler timeout"));
        }
        break;
      case "invalid-input":
        this.#isInvalid = true;
        if (this.#isNotification) {
          this.fail(failure(400, INVALID_INPUT, event.error.message));
        }
        break;
      case "handler-error":
        this.#isFailed = true;
        if (this.#isNotification) this.fail(INTERNAL_ERROR);
        break;
      case "drop":
        if (event.kind !== "Notification") break;
        this.fail(dropped(event.reason, this.#limit));
    }
  }

  /** Receives a message; resolves once there is space for more. */
  async receive(message: Message): Promise<void> {
    if (this.#isOver) return;
    switch (message.kind) {
      case "SingleResult": {
        const { payload } = message;
        const { byteLength: length } = payload;
        if (length > PIECE) {
          const body = this.#open();
          this.#resolve({ kind: "result", body, length });
          return await this.#deliver(payload);
        }
        const body = wholeBody(payload, this.#type);
        this.#resolve({ kind: "result", body, length });
        return this.#end();
      }
      case "StreamResult":
        if (message.payload.byteLength > 0) return await this.#part(message);
        if (this.#type === MEDIA.events) this.#start().enqueue(END);
        this.#start().close();
        return this.#end();
      case "ErrorResult":
        return await this.#deliverFailure(this.#failureOf(message.payload));
      case "RetryResult":
        return this.fail(retryLater(
          parsePayload(message.payload).text,
          message.wait,
        ));
      case "Heartbeat":
        return this.#beat();
      case "ProtocolError":
        return this.fail(this.#protocolFailure(message.code));
      case "SingleRequest":
      case "StreamRequest":
      case "StreamRequestPart":
      case "Notification":
        // Not sent: the channel refuses them. Extensions may.
        return;
      // deno-coverage-ignore-start
      default:
        return message satisfies never;
        // deno-coverage-ignore-stop
    }
  }

  /** Answers with a failure, or breaks the body off. Does nothing once the answer is complete. */
  fail(failure: Failure): void {
    if (this.#isOver) return;
    if (this.#body === undefined) this.#resolve({ kind: "failure", failure });
    else if (this.#type === MEDIA.events) {
      const data = failureJson(failure);
      this.#body.enqueue(text.encode(`event: error\ndata: ${data}\n\n`));
      this.#body.close();
    } else {
      const why = excerpt(failure.text);
      this.#body.error(new Error(`Cannot complete the answer: ${why}`));
    }
    this.#end();
  }

  /** A notification needs no answer. */
  accepted(): void {
    this.#resolve({ kind: "accepted" });
    this.#end();
  }

  /** Whether it is that of a notification, which has no media type. */
  get #isNotification(): boolean {
    return this.#type === "";
  }

  /** Delivers a failure, in pieces if it is large. */
  async #deliverFailure(failure: Failure): Promise<void> {
    if (this.#body !== undefined) return this.fail(failure);
    const json = text.encode(`${failureJson(failure)}\n`);
    if (json.byteLength <= PIECE) return this.fail(failure);
    this.#resolve({ kind: "failure", failure, body: this.#open() });
    await this.#deliver(json);
  }

  /** Delivers a body in pieces, each once the client has taken the one before. */
  async #deliver(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength && !this.#isOver; at += PIECE) {
      const piece = bytes.slice(at, at + PIECE);
      await this.#enqueue(piece);
      this.bytesTaken += piece.byteLength;
    }
    if (this.#isOver) return;
    this.#body!.close();
    this.#end();
  }

  #start(): ReadableStreamDefaultController<Uint8Array> {
    if (this.#body === undefined) {
      this.#resolve({ kind: "stream", body: this.#open() });
    }
    return this.#body!;
  }

  /** Begins the body of the response. */
  #open(): ReadableStream<Uint8Array> {
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#body = controller;
      },
      pull: () => this.#wake(),
      cancel: (reason) => {
        const wasOver = this.#isOver;
        this.#end();
        if (!wasOver) this.#cancelled(clientLeft(reason));
      },
    });
  }

  async #part({ payload }: { readonly payload: Uint8Array }): Promise<void> {
    this.#start();
    // A copy: the memory of the message is used again.
    await this.#enqueue(this.#framed(payload));
  }

  /** Adds to the body; resolves once the client has taken it. */
  async #enqueue(bytes: Uint8Array): Promise<void> {
    const body = this.#body!;
    body.enqueue(bytes);
    if ((body.desiredSize ?? 1) > 0) return;
    await new Promise<void>((resolve) => this.#resume = resolve);
  }

  #wake(): void {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
  }

  #framed(payload: Uint8Array): Uint8Array {
    switch (this.#type) {
      case MEDIA.lines:
        return concat([payload, NEWLINE]);
      case MEDIA.events:
        return concat([DATA, payload, NEWLINE, NEWLINE]);
      default:
        return payload.slice();
    }
  }

  /** The first heartbeat opens the conversation; a later one finds an answer that takes its time. */
  #beat(): void {
    if (this.#type !== MEDIA.events || this.#beats++ === 0) return;
    const body = this.#start();
    if ((body.desiredSize ?? 0) > 0) body.enqueue(KEEPALIVE);
  }

  #failureOf(payload: Uint8Array): Failure {
    if (this.#limit !== undefined) return limitFailure(this.#limit, payload);
    if (this.#isInvalid) return failureOf(400, INVALID_INPUT, payload);
    if (this.#isFailed) return INTERNAL_ERROR;
    return failureOf(422, "operation-failed", payload);
  }

  #protocolFailure(code: number): Failure {
    if (this.#limit !== undefined) {
      return failure(413, this.#limit, "payload too large");
    }
    return code === ProtocolErrorCode.timeout
      ? failure(408, "timeout", "the request arrives too slowly")
      : failure(400, "malformed", "the request is malformed");
  }

  #end(): void {
    this.#isOver = true;
    this.#wake();
    this.#completed();
  }
}

/** Middleware may return other bytes in place of text. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns a body. Runtimes take text at half the cost of bytes; bench: `http_calls.ts`. */
function wholeBody(
  payload: Uint8Array,
  type: string,
): string | Uint8Array<ArrayBuffer> {
  if (type === MEDIA.json || type === MEDIA.text) {
    try {
      return decoder.decode(payload);
    } catch {
      // It is sent as it is.
    }
  }
  return payload.slice();
}

/** Returns the failure of a notification that was dropped. */
function dropped(
  reason: string,
  limit: RefusalLimit = "maxPayloadBytes",
): Failure {
  switch (reason) {
    case "no-handler":
      return failure(404, "unknown-operation", "unknown notification");
    case "too-large":
      return failure(413, limit, "payload too large");
    default:
      return retryLater(`notification dropped: ${reason}`, 1_000);
  }
}
