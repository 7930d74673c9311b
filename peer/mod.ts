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
  type ValuesOptions,
} from "./call_options.ts";
export { type Clock, systemClock } from "./clock.ts";
export {
  ConnectionClosedError,
  isConnectionClosedError,
} from "./connection_closed_error.ts";
export {
  RequestContext,
  type StreamContext,
  type ValuesContext,
} from "./context.ts";
export type {
  AddedMember,
  AnyContract,
  CallArguments,
  Contract,
  ContractSection,
  Declared,
  ErrorOf,
  ErrorTyped,
  Extended,
  GrowingContract,
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
  SentValues,
  StreamArguments,
  StreamName,
  TakenOf,
  Undeclared,
  ValuesArguments,
  ValuesName,
  YieldOf,
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
export type {
  Handler,
  HandlerInput,
  HandlerName,
  HandlerOptions,
  HandlerOutput,
  HandlerResult,
  InferredInput,
  InferredStreamInput,
  InferredValue,
  InferredValues,
  Middleware,
  NotificationHandler,
  NotifiedValue,
  PayloadHandler,
  PayloadHandlerName,
  StreamHandler,
  StreamHandlerOptions,
  StreamInput,
  StreamOutput,
  TakenValue,
  ValuesHandler,
  ValuesHandlerOptions,
  ValuesInput,
  ValuesOutput,
  YieldedValue,
} from "./handler.ts";
export type { ContractOf } from "./contract_of.ts";
export { CancelledError, isCancelledError } from "./cancelled_error.ts";
export { HandlerLookup } from "./handler_lookup.ts";
export { Handlers } from "./handlers.ts";
export { DEFAULT_LIMITS, type LimitName, type Limits } from "./limits.ts";
export {
  type ListedOperation,
  type ListedSchema,
  listOperations,
} from "./listed_operation.ts";
export type { Identity, Login } from "./login.ts";
export type { OperationForm } from "./operation_form.ts";
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
export type { Remote } from "./remote.ts";
export {
  isRetryError,
  RetryError,
  type RetryErrorOptions,
} from "./retry_error.ts";
export type { Schema, SchemaIssue, SchemaResult } from "./standard_schema.ts";
export type { StreamForm } from "./stream_form.ts";
export type { StreamPair } from "./stream_pair.ts";
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
export type { Values, ValuesSource } from "./values.ts";
