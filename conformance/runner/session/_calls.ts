/**
 * What the implementation is told to do, and asked about, on the connection of a case.
 *
 * @module
 */

import { showBytes, toBytes } from "../cases/bytes.ts";
import type { ReportPattern, Step } from "../cases/case.ts";
import {
  AdapterError,
  type CallReport,
  type CommandName,
  type Commands,
  type ConnectionReport,
} from "../implementation.ts";
import type { Bindings } from "./_bindings.ts";
import { settles } from "./_bounded.ts";
import type { Commander } from "./_commander.ts";
import { Judgement, judgementOf } from "./_judgement.ts";
import { matchReport, wantedOf } from "./_report_pattern.ts";
import type { Trace } from "./_trace.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A `do` step. */
export type DoStep = Extract<Step, { do: unknown }>;

/** How calls are run. */
export interface CallsOptions {
  /** Gives the commands. */
  readonly commander: Commander;
  /** The handle of the connection. */
  readonly connection: () => Promise<string>;
  /** What happens is noted here. */
  readonly trace: Trace;
  /** How long an expectation may take, in milliseconds. */
  readonly patience: number;
  /** How long to wait before something counts as not happening, in milliseconds. */
  readonly quietTime: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Told when a command fails that nobody waits for. */
  readonly onFailure: (judgement: Judgement) => void;
}

/** The calls of a case, under the names that it gives them. */
export class Calls {
  readonly #options: CallsOptions;
  readonly #handles = new Map<string, string>();
  /** The command that is under way, if any. */
  #pending: Promise<unknown> = Promise.resolve();

  /** Creates an empty collection. */
  constructor(options: CallsOptions) {
    this.#options = options;
  }

  /** Tells the implementation to do something. */
  async do(step: DoStep): Promise<void> {
    const { trace, patience, signal, onFailure } = this.#options;
    if (!await settles(this.#pending, patience, signal)) {
      throw new Judgement(
        "errored",
        `Cannot tell the implementation to ${step.do}: it has not answered the command before`,
      );
    }
    trace.add("#", `the implementation is told: ${describeDo(step)}`);
    const connection = await this.#options.connection();
    const answering = this.#give(step, connection);
    this.#pending = answering;
    answering.catch(() => {});
    // These take as long as the runner and the implementation need to end the connection.
    const takesLong = step.do === "close" || step.do === "drain";
    if (takesLong) {
      answering.catch((error) => onFailure(judgementOf(error)));
      return;
    }
    // An implementation that cannot write because nobody reads answers later.
    if (!await settles(answering, patience / 2, signal)) {
      trace.add("#", `there is no answer to ${step.do} yet`);
      answering.catch((error) => onFailure(judgementOf(error)));
      return;
    }
    await answering;
  }

  /** Asks what became of a call, or of the connection, and holds it against patterns. */
  async report(
    name: string,
    patterns: readonly ReportPattern[],
    bindings: Bindings,
  ): Promise<Bindings> {
    const { patience } = this.#options;
    const about = name === "connection"
      ? { connection: await this.#options.connection() }
      : { call: this.#handle(name) };
    let until = performance.now() + patience;
    let settledAt: number | undefined;
    const moment = name === "connection" ? this.#options.quietTime : 0;
    for (;;) {
      const left = Math.max(0, Math.ceil(until - performance.now()));
      const report = await this.#ask(about, patterns, left);
      for (const pattern of patterns) {
        const result = matchReport(pattern, report, bindings);
        if (result === undefined) continue;
        this.#options.trace.add("<", `reports of ${name}: ${show(report)}`);
        return result;
      }
      // What a connection has brought may be told a moment after its end.
      if (isSettled(report)) {
        settledAt ??= performance.now();
        until = Math.min(until, settledAt + moment);
      }
      if (performance.now() < until) {
        await this.#pause();
        continue;
      }
      throw new Judgement(
        "fail",
        `the implementation reports of ${name}: ${show(report)}`,
        patterns.map((pattern) => `a report with ${JSON.stringify(pattern)}`),
      );
    }
  }

  /** Lets virtual time pass. */
  async advance(ms: number): Promise<void> {
    this.#options.trace.add("#", `${ms} ms pass`);
    await this.#options.commander.ask("advance", { ms });
  }

  async #ask(
    about: { readonly call: string } | { readonly connection: string },
    patterns: readonly ReportPattern[],
    left: number,
  ): Promise<CallReport | ConnectionReport> {
    const wanted = wantedOf(patterns);
    // Nothing tells that something goes on as it is, so that is looked at after a while.
    const timeout = wanted.isUnsettled
      ? Math.min(left, Math.ceil(this.#options.quietTime))
      : wanted.isOpen
      ? 0
      : left;
    const { parts, notes, heartbeats } = wanted;
    const args = "call" in about
      ? { ...about, timeout, ...(parts === undefined ? {} : { parts }) }
      : {
        ...about,
        timeout,
        ...(notes === undefined ? {} : { notes }),
        ...(heartbeats === undefined ? {} : { heartbeats }),
      };
    return await this.#options.commander.ask("report", args, timeout) as
      | CallReport
      | ConnectionReport;
  }

  /** A moment between two questions. */
  async #pause(): Promise<void> {
    const { quietTime, signal } = this.#options;
    await settles(new Promise(() => {}), quietTime / 10, signal);
  }

  async #give(step: DoStep, connection: string): Promise<void> {
    const { patience } = this.#options;
    const payload = step.payload === undefined
      ? {}
      : { payload: toBytes(step.payload) };
    switch (step.do) {
      case "request":
      case "open-stream": {
        const { operation = "", retry, as } = step;
        const { call } = step.do === "request"
          ? await this.#tell("request", {
            connection,
            operation,
            ...payload,
            ...(retry === undefined ? {} : { retry }),
          })
          : await this.#tell("open-stream", { connection, operation });
        if (as !== undefined) this.#handles.set(as, call);
        return;
      }
      case "notify": {
        const name = utf8.decode(toBytes(step.name ?? ""));
        const told = this.#tell("notify", { connection, name, ...payload });
        await (step.mayBeRefused ? told.catch(unlessFatal) : told);
        return;
      }
      case "write":
        await this.#tell("write", {
          call: this.#handle(step.call),
          payload: payload.payload ?? new Uint8Array(0),
        });
        return;
      case "end":
      case "cancel":
        await this.#tell(step.do, { call: this.#handle(step.call) });
        return;
      case "close":
      case "drain": {
        const timeout = step.timeout ?? Math.max(5000, patience);
        await this.#tell(step.do, { connection, timeout }, timeout);
      }
    }
  }

  #tell<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    longer?: number,
  ): Promise<Commands[C]["answer"]> {
    // What holds up a command may be the case itself, so the bound is a wide one.
    const { commander, patience } = this.#options;
    return commander.ask(command, args, longer ?? 9 * patience);
  }

  #handle(name = ""): string {
    const handle = this.#handles.get(name);
    if (handle !== undefined) return handle;
    throw new AdapterError(
      `Cannot find the call ${JSON.stringify(name)}: there is no such call`,
    );
  }
}

/** What an implementation refuses to do is not done; one that is gone does nothing any more. */
function unlessFatal(error: unknown): void {
  if (!(error instanceof AdapterError) || error.fatal) throw error;
}

function isSettled(report: CallReport | ConnectionReport): boolean {
  if ("state" in report) return report.state === "closed";
  return report.outcome !== "pending" &&
    !(report.outcome === "stream" && report.ended !== true);
}

function describeDo(step: DoStep): string {
  const words: string[] = [step.do];
  const { operation, name, call, as, payload } = step;
  for (const word of [operation, call]) {
    if (word !== undefined) words.push(JSON.stringify(word));
  }
  if (name !== undefined) words.push(`"${showBytes(toBytes(name))}"`);
  if (payload !== undefined) words.push(`"${showBytes(toBytes(payload))}"`);
  if (as !== undefined) words.push(`as ${as}`);
  return words.join(" ");
}

function show(report: CallReport | ConnectionReport): string {
  return JSON.stringify(
    report,
    (_key, value) => value instanceof Uint8Array ? showBytes(value) : value,
  );
}
