/**
 * The steps of a case that send commands to the implementation.
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
import type { CommandSender } from "./_command_client.ts";
import { settlesWithin } from "./_timeout.ts";
import type { TraceLog } from "./_trace_log.ts";
import { toVerdictError, VerdictError } from "./_verdict_error.ts";
import type { Bindings } from "./expectation/pattern.ts";
import { matchReport, reportNeeds } from "./expectation/report_pattern.ts";
import { quoteValue, shorten } from "../shorten.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** For how many quiet times the answer to a command is awaited before the next step. */
const PATIENCE = 5;

/** A `do` step. */
export type DoStep = Extract<Step, { do: unknown }>;

/** Options of command steps. */
export interface CommandStepsOptions {
  readonly client: CommandSender;
  /** Returns the handle of the connection. */
  readonly handle: () => Promise<string>;
  readonly trace: TraceLog;
  /** How long one expectation may take, in milliseconds. */
  readonly timeout: number;
  /** How long to wait before something counts as not happening, in milliseconds. */
  readonly quietTime: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Called when a command fails after its step has ended. */
  readonly onFailure: (failure: VerdictError) => void;
}

/** Runs the steps `do`, `report` and `advance`, and keeps the calls of a case. */
export class CommandSteps {
  readonly #options: CommandStepsOptions;
  /** The handles of calls, by the names that the case gives them. */
  readonly #calls = new Map<string, string>();
  /** The answer of the last command. */
  #pending: Promise<unknown> = Promise.resolve();

  /** Creates the steps of one connection. */
  constructor(options: CommandStepsOptions) {
    this.#options = options;
  }

  /** Runs a `do` step. */
  async do(step: DoStep): Promise<void> {
    const { trace, timeout, signal, onFailure } = this.#options;
    if (!await settlesWithin(this.#pending, timeout, signal)) {
      throw new VerdictError(
        "errored",
        `Cannot send the command ${step.do}: the previous one is not answered`,
      );
    }
    trace.add("#", () => `command: ${describeDo(step)}`);
    const connection = await this.#options.handle();
    const answering = this.#send(step, connection);
    if (step.meanwhile) {
      answering.catch((error) => onFailure(toVerdictError(error)));
      return;
    }
    this.#pending = answering;
    answering.catch(() => {});
    // These are answered only once both ends have ended the connection.
    const takesLong = step.do === "close" || step.do === "drain";
    if (takesLong) {
      answering.catch((error) => onFailure(toVerdictError(error)));
      return;
    }
    // An implementation whose write is pending answers later.
    const patience = step.mustBeRefused
      ? timeout / 2
      : Math.min(timeout / 2, PATIENCE * this.#options.quietTime);
    if (!await settlesWithin(answering, patience, signal)) {
      if (step.mustBeRefused) throw notRefused(`does not answer ${step.do}`);
      trace.add("#", `there is no answer to ${step.do} yet`);
      answering.catch((error) => onFailure(toVerdictError(error)));
      return;
    }
    const taken = await answering;
    if (taken && step.mustBeRefused) await this.#expectFailure(step, taken);
  }

  /** Runs a `report` step: compares the report of a call or of the connection. */
  async report(
    name: string,
    patterns: readonly ReportPattern[],
    bindings: Bindings,
  ): Promise<Bindings> {
    const { timeout } = this.#options;
    const about = name === "connection"
      ? { connection: await this.#options.handle() }
      : { call: await this.#answeredCall(name) };
    let until = performance.now() + timeout;
    let settledAt: number | undefined;
    const moment = name === "connection" ? this.#options.quietTime : 0;
    for (;;) {
      const left = Math.max(0, Math.ceil(until - performance.now()));
      const report = await this.#report(about, patterns, left);
      for (const pattern of patterns) {
        const result = matchReport(pattern, report, bindings);
        if (result === undefined) continue;
        this.#options.trace.add(
          "<",
          () => `report for ${name}: ${show(report)}`,
          payloadOf(report),
        );
        return result;
      }
      // A report may lack what arrived just before the end of the connection.
      if (isSettled(report)) {
        settledAt ??= performance.now();
        until = Math.min(until, settledAt + moment);
      }
      if (performance.now() < until) {
        await this.#pause();
        continue;
      }
      throw new VerdictError(
        "fail",
        `the implementation reports for ${name}: ${show(report)}`,
        patterns.map((pattern) => `a report with ${showPattern(pattern)}`),
      );
    }
  }

  /** Runs an `advance` step: lets virtual time pass. */
  async advance(ms: number): Promise<void> {
    this.#options.trace.add("#", `${ms} ms pass`);
    await this.#options.client.send("advance", { ms });
  }

  async #report(
    about: { readonly call: string } | { readonly connection: string },
    patterns: readonly ReportPattern[],
    left: number,
  ): Promise<CallReport | ConnectionReport> {
    const needs = reportNeeds(patterns);
    // No event shows that a call stays pending, so check it after a while.
    const timeout = needs.isUnsettled
      ? Math.min(left, Math.ceil(this.#options.quietTime))
      : needs.isOpen
      ? 0
      : left;
    const { parts, notes, heartbeats } = needs;
    const args = "call" in about
      ? { ...about, timeout, ...(parts === undefined ? {} : { parts }) }
      : {
        ...about,
        timeout,
        ...(notes === undefined ? {} : { notes }),
        ...(heartbeats === undefined ? {} : { heartbeats }),
      };
    return await this.#options.client.send("report", args, timeout) as
      | CallReport
      | ConnectionReport;
  }

  /** Waits a moment between two reports. */
  async #pause(): Promise<void> {
    const { quietTime, signal } = this.#options;
    await settlesWithin(new Promise(() => {}), quietTime / 10, signal);
  }

  /** Sends a command; resolves with the call that it made or wrote to, if any, unless it was refused. */
  async #send(
    step: DoStep,
    connection: string,
  ): Promise<{ readonly call?: string } | void> {
    const payload = step.payload === undefined
      ? {}
      : { payload: toBytes(step.payload) };
    switch (step.do) {
      case "request":
      case "open-stream": {
        const { operation = "", retry, as } = step;
        // Another call may have had the name.
        if (as !== undefined) this.#calls.delete(as);
        const answering = step.do === "request"
          ? this.#command("request", {
            connection,
            operation,
            ...payload,
            ...(retry === undefined ? {} : { retry }),
          })
          : this.#command("open-stream", { connection, operation });
        const answer = await orRefusal(step, answering);
        if (as !== undefined && answer) this.#calls.set(as, answer.call);
        return answer;
      }
      case "notify": {
        const name = utf8.decode(toBytes(step.name ?? ""));
        return await orRefusal(
          step,
          this.#command("notify", { connection, name, ...payload }),
        );
      }
      case "write": {
        // Where the call was refused, there is nothing to write to.
        if (canBeRefused(step) && !this.#calls.has(step.call ?? "")) return;
        const call = this.#call(step.call);
        const answering = this.#command("write", {
          call,
          payload: payload.payload ?? new Uint8Array(0),
        });
        return await orRefusal(step, answering) && { call };
      }
      case "end":
      case "cancel":
        await this.#command(step.do, { call: this.#call(step.call) });
        return;
      case "close":
      case "drain": {
        const timeout = step.timeout ??
          Math.max(5000, this.#options.timeout);
        await this.#command(step.do, { connection, timeout }, timeout);
      }
    }
  }

  /** Expects that a command which was not `errored`, but must be refused, has failed its call. */
  async #expectFailure(
    step: DoStep,
    { call }: { readonly call?: string },
  ): Promise<void> {
    if (call === undefined) throw notRefused(`carries out ${step.do}`);
    const patterns = [{ outcome: "failed" }, { outcome: "closed" }];
    const { timeout } = this.#options;
    const report = await this.#report({ call }, patterns, timeout);
    for (const pattern of patterns) {
      if (matchReport(pattern, report, new Map())) return;
    }
    throw notRefused(`reports for the call of ${step.do}: ${show(report)}`);
  }

  #command<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    extra?: number,
  ): Promise<Commands[C]["answer"]> {
    // The case itself may delay the answer, so the timeout is generous.
    const { client, timeout } = this.#options;
    return client.send(command, args, extra ?? 9 * timeout);
  }

  /** Returns the handle of a call, once the command that makes it is answered. */
  async #answeredCall(name: string): Promise<string> {
    const { timeout, signal } = this.#options;
    if (
      this.#calls.has(name) ||
      await settlesWithin(this.#pending, timeout, signal)
    ) return this.#call(name);
    throw new VerdictError(
      "errored",
      `Cannot report on the call ${
        quoteValue(name)
      }: its command is not answered`,
    );
  }

  #call(name = ""): string {
    const handle = this.#calls.get(name);
    if (handle !== undefined) return handle;
    throw new AdapterError(
      `Cannot find the call ${quoteValue(name)}: the case has no such call`,
    );
  }
}

function notRefused(does: string): VerdictError {
  return new VerdictError("fail", `the implementation ${does}`, ["a refusal"]);
}

/** Whether a command may be `errored`. */
function canBeRefused(step: DoStep): boolean {
  return step.mayBeRefused === true || step.mustBeRefused === true;
}

/** Returns the answer to a command; `undefined` if it was refused, which the step allows. */
function orRefusal<T>(
  step: DoStep,
  answering: Promise<T>,
): Promise<T | void> {
  return canBeRefused(step) ? answering.catch(unlessFatal) : answering;
}

/** Ignores a refusal, but not the end of the implementation. */
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
    if (word !== undefined) words.push(quoteValue(word));
  }
  if (name !== undefined) words.push(`"${showBytes(toBytes(name))}"`);
  if (payload !== undefined) words.push(`"${showBytes(toBytes(payload))}"`);
  if (as !== undefined) words.push(`as ${as}`);
  return words.join(" ");
}

function showPattern(pattern: ReportPattern): string {
  return JSON.stringify(
    pattern,
    (_key, value) => typeof value === "string" ? shorten(value) : value,
  );
}

function show(report: CallReport | ConnectionReport): string {
  return JSON.stringify(
    report,
    (_key, value) => value instanceof Uint8Array ? showBytes(value) : value,
  );
}

/** Returns about how many bytes a report has. */
function payloadOf(report: CallReport | ConnectionReport): number {
  const sum = (parts: readonly Uint8Array[]) =>
    parts.reduce((size, { length }) => size + length, 0);
  return "notes" in report
    ? sum(report.notes.map(({ payload }) => payload))
    : (report.payload?.length ?? 0) + sum(report.parts ?? []);
}
