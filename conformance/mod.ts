/**
 * The conformance suite as a library: a corpus of cases, and what judges an implementation by them.
 *
 * An implementation is a {@linkcode Subject}: a program behind {@linkcode startAdapter}, a server behind
 * {@linkcode TargetSubject}, or anything in this process that does as the commands say. {@linkcode run}
 * puts the corpus to it. As a program, see `@gotalk/gotalk/conformance/cli`.
 *
 * @module
 */

export {
  type AdapterOptions,
  attachAdapter,
  BrokenAdapterError,
  type LineEnds,
  LineSubject,
} from "./lines/adapter_lines.ts";
export { startAdapter } from "./lines/adapter_program.ts";
export {
  fill,
  type Note,
  type OperationOptions,
  standardOperations,
} from "./adapters/deno/operations.ts";
export type * from "./cases/case.ts";
export { casesOf, CORPUS, type Corpus, findCase } from "./cases/corpus.ts";
export {
  type CaseRun,
  type ConversationRun,
  type DecodeRun,
  type EncodeRun,
  expand,
  type Unit,
} from "./cases/expand.ts";
export type { ChunkName } from "./cases/chunks.ts";
export { fromBytes, toBytes } from "./cases/bytes.ts";
export { type KnownEntry, parseKnown } from "./judging/known.ts";
export { allRuns, choose, type PlanOptions } from "./cases/plan.ts";
export type * from "./judging/report.ts";
export type { Reporter } from "./judging/reporter.ts";
export { type ReportFormat, REPORTS } from "./reports/mod.ts";
export { type TerminalOptions, TerminalReporter } from "./reports/terminal.ts";
export { type OpenSubject, run, type RunOptions } from "./judging/run.ts";
export { serveLines } from "./lines/serve_lines.ts";
export { type Statement, STATEMENTS } from "./cases/statements.ts";
export * from "./subject.ts";
export type { ProtocolVersion } from "../codec/mod.ts";
export type {
  Channel,
  ChannelEnd,
  ChannelInfo,
  CloseOptions,
  WriteUnits,
} from "../transport/mod.ts";
export { TargetSubject } from "./target.ts";
