/**
 * The conformance suite as a library: a corpus of cases, and what judges an implementation by them.
 *
 * An implementation is a {@linkcode Implementation}: a program behind {@linkcode startAdapter}, a server behind
 * {@linkcode TargetImplementation}, or anything in this process that does as the commands say. {@linkcode run}
 * puts the corpus to it. As a program, see `@gotalk/conformance/cli`.
 *
 * @module
 */

export {
  AdapterClient,
  type AdapterOptions,
  type AdapterStreams,
  attachAdapter,
  BrokenAdapterError,
} from "./runner/adapter_protocol/adapter_client.ts";
export { startAdapter } from "./runner/adapter_protocol/start_adapter.ts";
export {
  fill,
  type Note,
  type OperationOptions,
  standardOperations,
} from "./implementations/adapters/deno/operations.ts";
export type * from "./runner/cases/case.ts";
export {
  casesOf,
  CORPUS,
  type Corpus,
  findCase,
} from "./runner/cases/corpus.ts";
export {
  type CaseRun,
  type ConversationRun,
  type DecodeRun,
  type EncodeRun,
  expand,
  type Unit,
} from "./runner/cases/expand.ts";
export type { ChunkName } from "./runner/cases/chunks.ts";
export { fromBytes, toBytes } from "./runner/cases/bytes.ts";
export {
  type KnownFailure,
  parseKnownFailures,
} from "./runner/judging/known_failures.ts";
export { allRuns, choose, type PlanOptions } from "./runner/cases/plan.ts";
export type * from "./runner/judging/report.ts";
export type { Reporter } from "./runner/judging/reporter.ts";
export { type ReportFormat, REPORTS } from "./runner/reports/mod.ts";
export {
  type TerminalOptions,
  TerminalReporter,
} from "./runner/reports/terminal.ts";
export {
  type OpenImplementation,
  run,
  type RunOptions,
} from "./runner/judging/run.ts";
export { serveAdapter } from "./runner/adapter_protocol/serve_adapter.ts";
export { type Statement, STATEMENTS } from "./runner/cases/statements.ts";
export * from "./runner/implementation.ts";
export type { ProtocolVersion } from "@gotalk/gotalk/codec";
export type {
  Channel,
  ChannelEnd,
  ChannelInfo,
  CloseOptions,
  WriteUnits,
} from "@gotalk/gotalk/transport";
export { TargetImplementation } from "./runner/target.ts";
