/**
 * The incoming stream requests of one connection.
 *
 * @module
 */

import { ProtocolError, ProtocolErrorCode, text } from "../../codec/mod.ts";
import { escapeUnprintable } from "../../quoting/quote.ts";
import { CancelledError } from "../cancelled_error.ts";
import type { RequestContext } from "../context.ts";
import type { LimitName } from "../limits.ts";
import type { StreamHandler } from "../handler.ts";
import type { Link } from "../link/link.ts";
import { END_MARKER } from "../link/sent_parts.ts";
import type { ResultSender } from "./_result_sender.ts";
import type { RunningHandlers } from "./_running_handlers.ts";
import type { StreamForm } from "../stream_form.ts";
import { ServedStream } from "./_served_stream.ts";

/** Number of ended streams that are remembered, since parts of them may still arrive (limits/ended-streams). */
const MAX_ENDED = 1024;

/** What a part counts in addition to its data, in bytes: its header, about. */
const PART_OVERHEAD = 16;

/** A late part of this size, in bytes, costs no more than one of a stream that is handled. */
const LARGE_PART = 4096;

/** What a running stream costs apart from its data: streams, promises, a context and timers. */
const STREAM_OVERHEAD = 8 * 1024;

/**
 * What the output of a handler is expected to hold until its first chunks are
 * known, in bytes: two of the usual size, see `ServedStream`.
 */
const EXPECTED_OUTPUT = 32 * 1024;

/** Runs stream handlers, and passes each part to its stream. */
export class ServedStreams {
  readonly #link: Link;
  readonly #results: ResultSender;
  readonly #running: RunningHandlers;
  readonly #handlerEnded: (context: RequestContext) => void;
  /** Streams that accept parts, by request ID. */
  #open: Map<number, ServedStream> | undefined;
  /** Streams that were answered or refused, by ID, the oldest first, and how many bytes of each may be under way. */
  #ended: Map<number, number> | undefined;
  /** Those of them whose senders were cut short. */
  #cut: Set<number> | undefined;

  /** Creates the streams of a link. `handlerEnded` is called when a handler has ended. */
  constructor(
    link: Link,
    results: ResultSender,
    running: RunningHandlers,
    handlerEnded: (context: RequestContext) => void,
  ) {
    this.#link = link;
    this.#results = results;
    this.#running = running;
    this.#handlerEnded = handlerEnded;
  }

  /** Whether another stream may be opened under an ID. If not, the conversation ends (stream/duplicate-id). */
  checkId(id: number): boolean {
    if (!this.#open?.has(id)) return true;
    this.#link.fail(
      notAllowed("StreamRequest", "is in use by a running stream"),
    );
    return false;
  }

  /** The limit that refuses a stream now. */
  get exceededLimit(): LimitName | undefined {
    if (this.#running.streams >= this.#link.limits.maxConcurrentStreams) {
      return "maxConcurrentStreams";
    }
    return this.#running.tooManyAbandoned ? "maxAbandonedHandlers" : undefined;
  }

  /**
   * Remembers a stream that was refused, to ignore its parts (stream/late-parts).
   * Parts of `underWay` bytes may have been sent before the remote peer could
   * know: `maxPayloadBytes`, as much as one message may have, by default.
   */
  remember(
    id: number,
    underWay: number = this.#link.limits.maxPayloadBytes,
  ): void {
    const ended = this.#ended ??= new Map();
    ended.delete(id); // One that is used again becomes the latest.
    ended.set(id, underWay);
    if (ended.size <= MAX_ENDED) return;
    const [oldest] = ended.keys();
    ended.delete(oldest!);
    this.#cut?.delete(oldest!);
  }

  /** Opens a stream and runs its handler. */
  open(
    id: number,
    context: RequestContext,
    payload: Uint8Array<ArrayBuffer>,
    handler: StreamHandler,
    form: StreamForm,
  ): void {
    // stream/id-again
    this.#ended?.delete(id);
    const stream = new ServedStream(
      this.#link,
      id,
      context,
      form,
      () => this.#abandon(stream, "streamIdleTimeout", "stream idle timeout"),
      () => this.#abandon(stream, "handlerTimeout", "handler timeout"),
    );
    (this.#open ??= new Map()).set(id, stream);
    this.#running.add(context, "stream");
    const isTimed = this.#results.streams.begun();
    const finished = (reason: unknown) => {
      this.#results.streams.finished(isTimed);
      this.#finished(stream, reason);
    };
    this.#link.memory.work(STREAM_OVERHEAD);
    // Many requests fit into few bytes, and all their handlers, also of other
    // connections, have started before the first chunks are charged.
    this.#link.memory.change(EXPECTED_OUTPUT);
    this.#link.memory.releaseSoon(EXPECTED_OUTPUT);
    stream.first(payload);
    const { extensions, tracing } = this.#link;
    const traced = tracing?.start(
      "server",
      context.operation,
      extensions?.parent,
    );
    // The handler's output may be a generator, which runs as it is sent.
    const outcome = traced === undefined
      ? stream.run(handler)
      : traced.until(traced.run(() => stream.run(handler)));
    outcome.then(
      () => finished(new DOMException("The stream was answered", "AbortError")),
      (error) => {
        if (!stream.answered) this.#results.failure(id, context, error);
        else if (error !== stream.cutReason) {
          this.#results.report(context, error);
        }
        finished(error);
      },
    );
  }

  /** Receives a part. */
  part(id: number, payload: Uint8Array<ArrayBuffer>): void {
    const stream = this.#open?.get(id);
    if (stream !== undefined && !stream.inputEnded) stream.part(payload);
    else if (stream !== undefined || this.#ended?.has(id)) {
      // stream/late-parts, stream/part-after-end
      const isUnderWay = stream === undefined && this.#takeLate(id, payload);
      this.#link.drop("StreamRequestPart", "stream-ended", !isUnderWay);
    } else {
      // stream/unknown-part
      this.#link.fail(notAllowed("StreamRequestPart", "belongs to no stream"));
    }
  }

  /** The remote peer takes more of an answer. Returns whether that changes anything. */
  credited(id: number, offset: number): boolean {
    return this.#open?.get(id)?.credited(offset) === true;
  }

  /** Receives a part that exceeds the limit: the stream cannot continue without it (limits/part-payload). */
  oversizedPart(id: number): void {
    const stream = this.#open?.get(id);
    if (stream === undefined || stream.inputEnded) this.part(id, END_MARKER);
    else this.#abandon(stream, "maxPayloadBytes", "payload too large");
  }

  /** The stream with the most unread data; `undefined` if there is none. */
  get fullest(): ServedStream | undefined {
    let fullest: ServedStream | undefined;
    for (const stream of this.#open?.values() ?? []) {
      const most = fullest?.unreadBytes ?? 0;
      if (stream.unreadBytes > most) fullest = stream;
    }
    return fullest;
  }

  /** Ends a stream of which too much is unread. Its sender may be far ahead (extension/credit-exceeded). */
  overflow(stream: ServedStream): void {
    (this.#cut ??= new Set()).add(stream.id);
    this.#abandon(stream, "maxUnreadBytesPerStream", "too much unread data");
  }

  /** Answers a stream that the remote peer cancels, and stops its handler. Returns whether it was being handled. */
  cancel(id: number, reason: string): boolean {
    const stream = this.#open?.get(id);
    if (stream === undefined || stream.answered) return false;
    const { context } = stream;
    const why = new CancelledError(reason);
    this.#results.cancelled(id, context, reason);
    this.#close(stream, 0);
    stream.stop(why);
    this.#running.cancel(context, why);
    this.#link.writer.wake();
    this.#link.settled();
    return true;
  }

  /** Errors the streams whose data is incomplete, since no more will arrive (stream/cut). */
  inputEnded(reason: unknown): void {
    for (const stream of this.#open?.values() ?? []) stream.cut(reason);
  }

  /** Stops all streams. */
  connectionClosed(reason: unknown): void {
    for (const stream of this.#open?.values() ?? []) stream.stop(reason);
    this.#open = undefined;
    this.#ended = undefined;
  }

  #finished(stream: ServedStream, reason: unknown): void {
    this.#close(stream);
    this.#link.memory.work(-STREAM_OVERHEAD);
    stream.finish(reason);
    this.#handlerEnded(stream.context);
  }

  /** Answers a stream with an ErrorResult, regardless of its handler. */
  #abandon(stream: ServedStream, limit: LimitName, why: string): void {
    const { context } = stream;
    this.#link.emit({
      type: "refusal",
      operation: escapeUnprintable(context.operation),
      limit,
    });
    this.#results.error(stream.id, text.encode(why));
    this.#close(stream);
    const reason = new DOMException(
      `The stream was abandoned: ${why}`,
      "AbortError",
    );
    stream.stop(reason);
    this.#running.abandon(context, reason);
    this.#link.settled();
  }

  #close(stream: ServedStream, underWay?: number): void {
    if (this.#open?.get(stream.id) !== stream) return;
    this.#open.delete(stream.id);
    this.remember(stream.id, stream.inputEnded ? 0 : underWay);
  }

  /** Takes a part of a stream that has ended. Returns whether the remote peer may have sent it before it could know. */
  #takeLate(id: number, { byteLength }: Uint8Array): boolean {
    const left = this.#ended!.get(id)!;
    if (left <= 0) {
      return byteLength >= LARGE_PART && this.#cut?.has(id) === true;
    }
    // stream/part-after-end
    const isEnd = byteLength === 0;
    this.#ended!.set(id, isEnd ? 0 : left - byteLength - PART_OVERHEAD);
    return true;
  }
}

/** The error for a request ID that a message must not have. */
function notAllowed(kind: string, what: string): ProtocolError {
  return new ProtocolError(
    `Cannot accept ${kind}: its request ID ${what}, wanted another`,
    { code: ProtocolErrorCode.invalidMessage, reason: "not-allowed" },
  );
}
