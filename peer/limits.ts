/**
 * How much a peer takes on, and how long it waits.
 *
 * @module
 */

/** The limits of a peer. Sizes are in bytes, times in milliseconds. `Infinity` switches one off. */
export interface Limits {
  /** The largest payload that is taken as a whole; larger ones are streamed. */
  readonly maxPayloadBytes: number;
  /** The longest operation or notification name. */
  readonly maxNameBytes: number;
  /** The largest payload that is skipped politely, with an error result; a larger one ends the conversation. */
  readonly maxSkippedBytes: number;
  /** How many single requests of the other side run at a time; answers that wait to be written count. */
  readonly maxConcurrentRequests: number;
  /** How many stream requests of the other side run at a time. */
  readonly maxConcurrentStreams: number;
  /** How many notifications of the other side are being handled at a time; more are dropped. */
  readonly maxConcurrentNotifications: number;
  /** How many calls of this side wait for an answer at a time; further ones wait to be sent. */
  readonly maxPendingRequests: number;
  /** How many bytes wait to be written before whoever sends has to wait. */
  readonly writeHighWaterMarkBytes: number;
  /**
   * How many bytes wait to be written before a sender that does not wait is refused, and a request of the
   * other side, which does not read its answers. When this and another `maxPayloadBytes` wait, since the other
   * side goes on asking, the connection is cut.
   */
  readonly maxWriteQueueBytes: number;
  /** How many bytes of a stream wait for their reader before no more are taken from the connection. */
  readonly maxUnreadBytesPerStream: number;
  /** How many bytes of all streams together wait for their readers before no more are taken. */
  readonly maxUnreadBytes: number;
  /** The largest part that a stream is sent in. */
  readonly maxPartBytes: number;
  /** How long the other side may take to say which version it speaks. */
  readonly handshakeTimeout: number;
  /** How long the other side may take to log in, if it has to, from when its version came; deciding on it counts. */
  readonly loginTimeout: number;
  /** The largest payload that is taken before the other side has logged in, if it has to. */
  readonly maxLoginPayloadBytes: number;
  /** How often a heartbeat is sent; the first one right after the version. */
  readonly heartbeatInterval: number;
  /** How long the other side may be silent. A side that connected expects this only of one that sent a heartbeat. */
  readonly receiveTimeout: number;
  /** How long a write may take without getting on. */
  readonly writeTimeout: number;
  /** How long a stream of the other side may rest. */
  readonly streamIdleTimeout: number;
  /** How long a message may take to arrive before it must come at {@linkcode minReceiveBytesPerSecond} at least. */
  readonly progressTimeout: number;
  /** The least rate at which a message must arrive, in bytes per second; 0 switches it off. */
  readonly minReceiveBytesPerSecond: number;
  /** How long closing may take before the connection is cut. */
  readonly closeTimeout: number;
  /** How long, at least and at most, a side that asks too much is told to wait. */
  readonly overloadWait: readonly [min: number, max: number];
  /**
   * How many messages that do no work may come at once: heartbeats, late results, parts of refused streams,
   * and what comes before a login.
   */
  readonly maxUnproductiveBurst: number;
  /** How many such messages may come per second in the long run. */
  readonly maxUnproductivePerSecond: number;
}

/** The limits that hold where an application sets no others. */
export const DEFAULT_LIMITS: Limits = Object.freeze({
  maxPayloadBytes: 16 * 1024 * 1024,
  maxNameBytes: 4095,
  maxSkippedBytes: 64 * 1024 * 1024,
  maxConcurrentRequests: 256,
  maxConcurrentStreams: 64,
  maxConcurrentNotifications: 1024,
  maxPendingRequests: 1024,
  writeHighWaterMarkBytes: 1024 * 1024,
  maxWriteQueueBytes: 16 * 1024 * 1024,
  maxUnreadBytesPerStream: 256 * 1024,
  maxUnreadBytes: 8 * 1024 * 1024,
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
  overloadWait: [500, 5_000] as const,
  maxUnproductiveBurst: 10_000,
  maxUnproductivePerSecond: 1_000,
});
