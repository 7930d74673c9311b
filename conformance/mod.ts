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
} from "./adapter_lines.ts";
export { startAdapter } from "./adapter_program.ts";
export {
  fill,
  type Note,
  type OperationOptions,
  standardOperations,
} from "./adapters/deno/operations.ts";
export type * from "./case.ts";
export { casesOf, CORPUS, type Corpus, findCase } from "./corpus.ts";
export {
  type CaseRun,
  type ConversationRun,
  type DecodeRun,
  type EncodeRun,
  expand,
  type Unit,
} from "./expand.ts";
export type { ChunkName } from "./chunks.ts";
export { fromBytes, toBytes } from "./bytes.ts";
export { type KnownEntry, parseKnown } from "./known.ts";
export { allRuns, choose, type PlanOptions } from "./plan.ts";
export type * from "./report.ts";
export type { Reporter } from "./reporter.ts";
export { type ReportFormat, REPORTS } from "./reports/mod.ts";
export { type TerminalOptions, TerminalReporter } from "./reports/terminal.ts";
export { type OpenSubject, run, type RunOptions } from "./run.ts";
export { serveLines } from "./serve_lines.ts";
export { type Statement, STATEMENTS } from "./statements.ts";
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
