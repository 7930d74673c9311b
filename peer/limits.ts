/**
 * Limits: how much a peer accepts, and how long it waits.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { describeValue } from "../quoting/value.ts";
import { checkNumberOption } from "../transport/number_option.ts";
import { LONGEST_WAIT } from "./retry_error.ts";

/**
 * The limits of a peer. Sizes are in bytes and times in milliseconds; `Infinity`
 * turns a limit off.
 */
export interface Limits {
  /** Largest payload accepted in one message, in bytes. Larger data is streamed. */
  readonly maxPayloadBytes: number;
  /**
   * Largest payload that is parsed as JSON, in bytes: of requests, results,
   * notifications and the login. Parsing blocks the program: 1 MiB within the
   * limits below takes up to 0.1 seconds and 60 MiB. Bytes and text are not
   * affected.
   */
  readonly maxJsonBytes: number;
  /** Deepest nesting of arrays and objects in JSON that is parsed. */
  readonly maxJsonDepth: number;
  /**
   * Maximum number of different keys in JSON that is parsed. A key counts again
   * where it follows other keys of its object, so a list of objects that are
   * alike counts as one of them. Each takes the engine up to 2 µs.
   */
  readonly maxJsonKeys: number;
  /** Longest operation or notification name, in bytes of UTF-8. */
  readonly maxNameBytes: number;
  /** Largest payload, in bytes, that is skipped and answered with an ErrorResult. A larger one ends the connection. */
  readonly maxSkippedBytes: number;
  /** Maximum number of incoming single requests handled at once; those whose results are queued count. At 0, each is answered with an ErrorResult. */
  readonly maxConcurrentRequests: number;
  /** Maximum number of incoming stream requests handled at once. At 0, each is answered with an ErrorResult. */
  readonly maxConcurrentStreams: number;
  /** Maximum number of incoming notifications handled at once. Further ones are dropped. */
  readonly maxConcurrentNotifications: number;
  /**
   * Time within which a handler must end, off by default. At the end of it, the
   * signal of its context aborts, its request is answered with an ErrorResult,
   * and its place is free; see `maxAbandonedHandlers`. For a stream it is the
   * time without a part, while the handler has unread input, or has read all of
   * it; for a handler of values, while it reads no value, unless it serves a
   * subscription. The handler of a `login` is limited by `loginTimeout` only.
   */
  readonly handlerTimeout: number;
  /**
   * Maximum number of handlers that run although nothing awaits them: they have
   * exceeded `handlerTimeout` or `cancelTimeout`, or the stream that they served
   * has ended. Beyond it, requests are refused and notifications dropped; what
   * was accepted before can still exceed it by as many as may run at once. By
   * default as many as `maxConcurrentRequests`.
   */
  readonly maxAbandonedHandlers: number;
  /**
   * Time within which the handler of a request must end that the remote peer has
   * cancelled. It keeps its place meanwhile; at the end of the time, it counts
   * as abandoned, see `maxAbandonedHandlers`.
   */
  readonly cancelTimeout: number;
  /**
   * Maximum sustained rate at which the remote peer may cancel requests that are
   * being handled, per second, after a burst of as many as can be handled at
   * once. Beyond it, cancels count as unproductive messages.
   */
  readonly maxCancelsPerSecond: number;
  /**
   * Maximum number of single calls that await a result at once; further ones are
   * queued. Fewer are sent if the remote peer refuses calls because it carries
   * out enough; more, once no result has arrived for 5 seconds, while the local
   * peer handles a request, since its handler may need the calls that are
   * queued. The default is that of `maxConcurrentRequests`, so that peers with
   * defaults refuse nothing.
   */
  readonly maxPendingRequests: number;
  /**
   * Maximum number of streams that await the end of their answer at once;
   * further ones are queued. Those that are queued are sent once no stream has
   * ended for 5 seconds, and the remote peer accepts or refuses them. The
   * default is that of `maxConcurrentStreams`.
   */
  readonly maxPendingStreams: number;
  /** High-water mark of the write queue, in bytes: above it, senders wait. */
  readonly writeHighWaterMarkBytes: number;
  /**
   * Hard limit of the write queue, in bytes. Beyond it, notifications are
   * rejected and incoming requests are refused, since the remote peer does not
   * read its results. Beyond this plus `maxPayloadBytes`, the connection ends.
   */
  readonly maxWriteQueueBytes: number;
  /**
   * Unread data of one stream, in bytes: the first window of one whose sender
   * follows credit; above it, the connection is no longer read otherwise.
   */
  readonly maxUnreadBytesPerStream: number;
  /**
   * Unread data of all streams, in bytes, above which the connection is no longer
   * read. Windows grow up to three quarters of it, over a long line, until they
   * carry about 1 Gbit/s.
   */
  readonly maxUnreadBytes: number;
  /**
   * Memory that the remote peer may make the local peer hold, in bytes: payloads
   * that handlers work on, results that wait, the write queue and unread data.
   * Beyond it, the connection is read slowly, requests are refused, and
   * notifications dropped; a result that would have to wait is replaced by an
   * error. A single message may exceed it.
   */
  readonly maxHeldBytes: number;
  /** Largest stream part that is sent, in bytes. */
  readonly maxPartBytes: number;
  /** Time within which the remote peer must send its protocol version. */
  readonly handshakeTimeout: number;
  /** Time, from the version of the remote peer, within which a required login must succeed, `authenticate` included. */
  readonly loginTimeout: number;
  /** Largest payload accepted before the remote peer has logged in, in bytes. */
  readonly maxLoginPayloadBytes: number;
  /** Interval between heartbeats, at least 1. The first one is sent right after the handshake. */
  readonly heartbeatInterval: number;
  /** Time without any byte after which the connection ends. An initiator applies it once it has received a heartbeat. */
  readonly receiveTimeout: number;
  /**
   * Time without any byte of a write being taken by the transport after which
   * the connection ends; a write as a whole may take any time. It is looked at
   * in steps, so the end can come up to twice as late.
   *
   * The system takes bytes in steps too, on Linux of up to 1.4 MB: a remote peer
   * that reads less than 50 KB/s over a fast network may need a longer timeout.
   */
  readonly writeTimeout: number;
  /**
   * Time without a part after which an incoming stream is answered with an
   * ErrorResult. Time in which the remote peer could not send one does not
   * count: while reading pauses, a message in front of the part is arriving,
   * the remote peer has no credit, or a part of the answer has not left. Also
   * the time that an answer waits for credit of the remote peer.
   */
  readonly streamIdleTimeout: number;
  /** Time that a message may take to arrive before `minReceiveBytesPerSecond` applies to it. */
  readonly progressTimeout: number;
  /** Lowest rate at which a message may arrive, in bytes per second; 0 turns it off. */
  readonly minReceiveBytesPerSecond: number;
  /**
   * Time that closing may take before the connection is aborted, in addition to
   * the time that queued bytes need at 32 KiB per second; `writeTimeout` applies
   * to them too. Also the longest wait of `drain` for calls and handlers.
   */
  readonly closeTimeout: number;
  /**
   * Range of the wait, in milliseconds, sent in the RetryResult when a limit is
   * exceeded that is not 0. Where handlers take the place of the request, the
   * wait follows how fast they finish.
   */
  readonly overloadWait: readonly [min: number, max: number];
  /**
   * Maximum number of unproductive messages accepted in a burst: heartbeats,
   * results of no call, parts of an abandoned call beyond one result, parts of
   * ended streams beyond `maxPayloadBytes`, which may have been under way, and
   * messages before a login.
   */
  readonly maxUnproductiveBurst: number;
  /** Maximum sustained rate of unproductive messages, per second. */
  readonly maxUnproductivePerSecond: number;
}

/** The limits of a peer that sets no others. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxPayloadBytes: 16 * 1024 * 1024,
  maxJsonBytes: 1024 * 1024,
  maxJsonDepth: 256,
  maxJsonKeys: 30_000,
  maxNameBytes: 4095,
  maxSkippedBytes: 64 * 1024 * 1024,
  maxConcurrentRequests: 256,
  maxConcurrentStreams: 64,
  maxConcurrentNotifications: 1024,
  handlerTimeout: Infinity,
  maxAbandonedHandlers: 256,
  cancelTimeout: 5_000,
  maxCancelsPerSecond: 500,
  maxPendingRequests: 256,
  maxPendingStreams: 64,
  writeHighWaterMarkBytes: 1024 * 1024,
  maxWriteQueueBytes: 16 * 1024 * 1024,
  // Smaller windows slow streams down (upload, tcp-uncredited-upload).
  maxUnreadBytesPerStream: 1024 * 1024,
  maxUnreadBytes: 8 * 1024 * 1024,
  maxHeldBytes: 128 * 1024 * 1024,
  maxPartBytes: 16 * 1024,
  handshakeTimeout: 5_000,
  loginTimeout: 10_000,
  maxLoginPayloadBytes: 64 * 1024,
  heartbeatInterval: 20_000,
  receiveTimeout: 45_000,
  writeTimeout: 30_000,
  streamIdleTimeout: 120_000,
  progressTimeout: 10_000,
  minReceiveBytesPerSecond: 1024,
  closeTimeout: 5_000,
  overloadWait: [50, 5_000] as const,
  maxUnproductiveBurst: 10_000,
  maxUnproductivePerSecond: 1_000,
});

/** The limits that refuse a request or message when they are exceeded; `LimitError.code` and refusal events name them. */
export type LimitName = keyof Limits;

/** Returns whether a name is that of a limit. */
export function isLimitName(name: string): name is LimitName {
  return Object.hasOwn(DEFAULT_LIMITS, name);
}

/** The least value of each limit that is a number; at 0, those with 1 would let nothing through, or send heartbeats without a pause. */
const LEAST = {
  maxPayloadBytes: 0,
  maxJsonBytes: 0,
  maxJsonDepth: 0,
  maxJsonKeys: 0,
  maxNameBytes: 0,
  maxSkippedBytes: 0,
  maxConcurrentRequests: 0,
  maxConcurrentStreams: 0,
  maxConcurrentNotifications: 0,
  handlerTimeout: 0,
  maxAbandonedHandlers: 1,
  cancelTimeout: 0,
  maxCancelsPerSecond: 0,
  maxPendingRequests: 1,
  maxPendingStreams: 1,
  writeHighWaterMarkBytes: 1,
  maxWriteQueueBytes: 1,
  maxUnreadBytesPerStream: 0,
  maxUnreadBytes: 0,
  maxHeldBytes: 0,
  maxPartBytes: 1,
  handshakeTimeout: 0,
  loginTimeout: 0,
  maxLoginPayloadBytes: 0,
  heartbeatInterval: 1,
  receiveTimeout: 0,
  writeTimeout: 0,
  streamIdleTimeout: 0,
  progressTimeout: 0,
  minReceiveBytesPerSecond: 0,
  closeTimeout: 0,
  maxUnproductiveBurst: 0,
  maxUnproductivePerSecond: 0,
} as const satisfies Record<Exclude<LimitName, "overloadWait">, 0 | 1>;

let last: Limits = DEFAULT_LIMITS;

/**
 * Completes the limits that an application sets with the defaults.
 *
 * Equal limits of thousands of peers share one object.
 *
 * @throws {RangeError} If a limit is out of its range.
 * @throws {TypeError} If a limit is unknown or not a number.
 */
export function checkedLimits(limits?: Partial<Limits>): Limits {
  if (limits === undefined) return DEFAULT_LIMITS;
  checkOptionNames(limits, DEFAULT_LIMITS, "limit");
  const {
    maxConcurrentRequests: maxAbandonedHandlers =
      DEFAULT_LIMITS.maxAbandonedHandlers,
  } = limits;
  const { overloadWait, ...numbers } = {
    ...DEFAULT_LIMITS,
    maxAbandonedHandlers: Math.max(1, maxAbandonedHandlers),
    ...limits,
  };
  for (const name of Object.keys(LEAST) as (keyof typeof LEAST)[]) {
    checkNumberOption(name, numbers[name], LEAST[name]);
  }
  if (!Array.isArray(overloadWait)) {
    throw new RangeError(
      `Cannot set overloadWait: got ${
        describeValue(overloadWait)
      }, wanted a pair of numbers`,
    );
  }
  const [min, max] = overloadWait;
  if (!(min >= 0 && min <= max && max <= LONGEST_WAIT)) {
    throw new RangeError(
      `Cannot set overloadWait: got ${min} to ${max}, wanted a range within 0 to ${LONGEST_WAIT}`,
    );
  }
  const checked: Limits = { ...numbers, overloadWait: [min, max] };
  if (!isSame(checked, last)) last = Object.freeze(checked);
  return last;
}

function isSame(one: Limits, other: Limits): boolean {
  const { overloadWait: [min, max] } = one;
  return Object.entries(one).every(([name, value]) =>
    name === "overloadWait" || value === other[name as LimitName]
  ) && min === other.overloadWait[0] && max === other.overloadWait[1];
}
