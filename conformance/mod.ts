/**
 * The conformance suite as a library: a corpus of cases, and a runner that judges an implementation by them.
 *
 * What is judged is an {@linkcode Implementation}: a program behind {@linkcode startAdapter}, a server behind
 * {@linkcode TargetImplementation}, or any object in this process that carries out the commands.
 * {@linkcode run} runs the corpus against it. The same as a program is `@gotalk/conformance/cli`.
 *
 * @module
 */

export {
  fill,
  type Note,
  type OperationOptions,
  standardOperations,
} from "./implementations/adapters/deno/operations.ts";
export {
  AdapterClient,
  type AdapterOptions,
  type AdapterStreams,
  BrokenAdapterError,
} from "./runner/adapter_protocol/adapter_client.ts";
export { attachAdapter } from "./runner/adapter_protocol/attach_adapter.ts";
export { serveAdapter } from "./runner/adapter_protocol/serve_adapter.ts";
export { startAdapter } from "./runner/adapter_protocol/start_adapter.ts";
export { fromBytes, toBytes } from "./runner/cases/bytes.ts";
export type * from "./runner/cases/case.ts";
export type { ChunkName } from "./runner/cases/chunks.ts";
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
export { allRuns, choose, type PlanOptions } from "./runner/cases/plan.ts";
export { type Statement, STATEMENTS } from "./runner/cases/statements.ts";
export type { Suite } from "./runner/cases/suites.ts";
export * from "./runner/implementation.ts";
export {
  type KnownFailure,
  parseKnownFailures,
} from "./runner/judging/known_failures.ts";
export type * from "./runner/judging/report.ts";
export type { Reporter } from "./runner/judging/reporter.ts";
export {
  type OpenImplementation,
  run,
  type RunOptions,
} from "./runner/judging/run.ts";
export {
  type ReportFormat,
  type ReportKind,
  REPORTS,
} from "./runner/reports/mod.ts";
export {
  type TerminalOptions,
  TerminalReporter,
} from "./runner/reports/terminal.ts";
export { TargetImplementation, type TargetOptions } from "./runner/target.ts";
export type { ProtocolVersion } from "@gotalk/gotalk/codec";
export type {
  Channel,
  ChannelEnd,
  ChannelInfo,
  CloseOptions,
  WriteUnits,
} from "@gotalk/gotalk/transport";
