/**
 * Peers: requests, streams and notifications in both directions, over any channel.
 *
 * @module
 */

export type { ByteSource } from "../quoting/byte_source.ts";
export {
  broadcast,
  broadcastBytes,
  type BroadcastResult,
  broadcastText,
} from "./broadcast.ts";
export {
  type CallOptions,
  DEFAULT_RETRY,
  type RequestOptions,
  type RetryPolicy,
} from "./call_options.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  ConnectionClosedError,
  isConnectionClosedError,
} from "./connection_closed_error.ts";
export { RequestContext } from "./context.ts";
export type {
  AnyContract,
  CallArguments,
  Contract,
  ContractSection,
  Declared,
  ErrorOf,
  ErrorTyped,
  Extended,
  Input,
  InputOf,
  IsAny,
  NotificationArguments,
  NotificationName,
  NotificationValue,
  OperationName,
  Output,
  OutputOf,
  SectionOf,
  StreamName,
  Undeclared,
  ValuesName,
} from "./contract.ts";
export type { DrainOptions } from "./drain_options.ts";
export type {
  DropReason,
  HookName,
  MessageObserver,
  PeerEvent,
  PeerEventDetails,
  PeerObserver,
  RefusalLimit,
} from "./events.ts";
export {
  type ContractOf,
  type Handler,
  type HandlerInput,
  type HandlerName,
  type HandlerOptions,
  type HandlerOutput,
  Handlers,
  type Middleware,
  type NotificationHandler,
  type NotifiedValue,
  type PayloadHandler,
  type StreamHandler,
  type StreamOutput,
} from "./handlers.ts";
export { DEFAULT_LIMITS, type LimitName, type Limits } from "./limits.ts";
export type { Identity, Login } from "./login.ts";
export {
  isOperationError,
  OperationError,
  type OperationErrorOptions,
} from "./operation_error.ts";
export { DEFAULT_MAX_TOTAL_HELD_BYTES, MemoryBudget } from "./memory_budget.ts";
export { Peer } from "./peer.ts";
export type { Overload, PeerOptions } from "./peer_options.ts";
export type { CloseInfo, PeerState, PeerStats } from "./peer_state.ts";
export {
  type ConnectionEvent,
  type ConnectionEventDetails,
  type ReconnectOptions,
} from "./reconnecting/reconnect_options.ts";
export { isFinalFailure } from "./reconnecting/final_failure.ts";
export { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
export type { Remote, StreamPair } from "./remote.ts";
export {
  isRetryError,
  RetryError,
  type RetryErrorOptions,
} from "./retry_error.ts";
export type { Schema, SchemaIssue, SchemaResult } from "./standard_schema.ts";
export type {
  Attributes,
  ContextApi,
  InstrumentOptions,
  Meter,
  MetricsApi,
  ObservableInstrument,
  Span,
  SpanContext,
  Telemetry,
  TraceApi,
  Tracer,
  TraceState,
} from "./telemetry.ts";
