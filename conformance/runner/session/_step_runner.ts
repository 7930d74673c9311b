/**
 * Runs the steps of a case, one after the other.
 *
 * @module
 */

import { showBytes } from "../cases/bytes.ts";
import type {
  RawRequest,
  ReportPattern,
  Role,
  SessionCase,
  Step,
  Transport,
} from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { Implementation } from "../implementation.ts";
import { BackOperations } from "./_back_operations.ts";
import { CommandClient } from "./_command_client.ts";
import { CommandSteps } from "./_command_steps.ts";
import { runConnectionBurst } from "./_connection_burst.ts";
import { Connector, type OpenConnection } from "./_connector.ts";
import { HealthChecks } from "./_health_checks.ts";
import { checkRawResponse } from "./_raw_response.ts";
import { needsOwnListener, optionsOf, resets } from "./_requirements.ts";
import {
  SessionConnection,
  type SessionConnectionOptions,
} from "./_session_connection.ts";
import { settlesWithin } from "./_timeout.ts";
import type { TraceLog } from "./_trace_log.ts";
import { VerdictError } from "./_verdict_error.ts";
import { quoteValue } from "../shorten.ts";

/** Options of one run of a case. */
export interface StepRunnerOptions {
  readonly case: SessionCase;
  /** The role of the implementation. */
  readonly role: Role;
  readonly over: Transport;
  /** What one WebSocket message is. */
  readonly unit: Unit | undefined;
  readonly implementation: Implementation;
  readonly trace: TraceLog;
  /** The measured round trip, in milliseconds. */
  readonly roundTrip: number;
  /** How long one expectation may take, in milliseconds. */
  readonly timeout: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/** How long ending the connections of a burst may take, in milliseconds. */
const CLEANUP_TIMEOUT = 1000;

/** Why the waiting of a run ends with it. */
const OVER = new Error("The case is over");

/** Runs the steps of a case. */
export class StepRunner {
  readonly #options: StepRunnerOptions;
  readonly #connector: Connector;
  readonly #client: CommandClient;
  readonly #health: HealthChecks;
  readonly #cleanups: (() => Promise<void>)[] = [];
  /** Aborted when the run fails between steps, and when it is over. */
  readonly #over = new AbortController();
  readonly #signal: AbortSignal;
  #connection: SessionConnection | undefined;
  #commands: CommandSteps | undefined;
  /** The HTTP with which the case opens its connections, if it writes that itself. */
  #raw: RawRequest | undefined;

  /** Creates a runner for one run. */
  constructor(options: StepRunnerOptions) {
    this.#options = options;
    const { role, over, timeout, implementation } = options;
    const signal = AbortSignal.any([options.signal, this.#over.signal]);
    this.#signal = signal;
    this.#client = new CommandClient(implementation, timeout, signal);
    this.#connector = new Connector(this.#client, {
      role,
      over,
      options: optionsOf(options.case),
      resets: resets(options.case),
      hasOwnListener: needsOwnListener(options.case.steps),
      timeout,
      signal,
    });
    this.#health = new HealthChecks({
      ...this.#connectionOptions,
      case: options.case,
      implementation,
      open: async () => (await this.#connector.open()).wire,
    });
  }

  /**
   * Runs all steps.
   *
   * @returns Why the case passes weakly; empty if it passes.
   * @throws {VerdictError} If a step decides the verdict.
   */
  async run(): Promise<readonly string[]> {
    await this.#health.begin();
    const steps = await this.#open(this.#options.case.steps);
    for (const step of steps) {
      await this.#run(step);
      this.#connection?.endStep();
      this.#signal.throwIfAborted();
    }
    await this.#connection?.finish();
    await this.#health.finish();
    this.#signal.throwIfAborted();
    return this.#connection?.weak ?? [];
  }

  /** Releases everything; takes a limited time, and never rejects. */
  async dispose(): Promise<void> {
    this.#over.abort(OVER);
    await Promise.all(
      this.#cleanups.map((clean) => settlesWithin(clean(), CLEANUP_TIMEOUT)),
    );
    await Promise.all([this.#connection?.dispose(), this.#health.dispose()]);
    await this.#connector.dispose();
  }

  /** Opens the connection of the case, and returns the steps that are left. */
  async #open(steps: readonly Step[]): Promise<readonly Step[]> {
    const began = performance.now();
    const [first] = steps;
    if (first !== undefined && "raw" in first) {
      await this.#openRaw(first.raw, began);
      return steps.slice(1);
    }
    if (first === undefined || !("upgrade" in first)) {
      this.#use(await this.#connector.open(), began);
      return steps;
    }
    const { trace } = this.#options;
    const { headers, status = 101 } = first.upgrade;
    trace.add(
      ">",
      `requests a WebSocket with the headers ${JSON.stringify(headers)}`,
    );
    const answer = await this.#connector.upgrade(headers);
    trace.add("<", `HTTP status ${answer.status}`);
    const wanted: readonly number[] = typeof status === "number"
      ? [status]
      : status;
    if (!wanted.includes(answer.status)) {
      throw new VerdictError("fail", `the HTTP status was ${answer.status}`, [
        `HTTP status ${wanted.join(" or ")}`,
      ]);
    }
    // If a refusal is acceptable too, no step can use the connection.
    const isUsed = wanted.every((each) => each === 101);
    if (answer.opened !== undefined && isUsed) this.#use(answer.opened, began);
    return steps.slice(1);
  }

  /** Writes the HTTP of the case, and compares the response that it wants. */
  async #openRaw(request: RawRequest, began: number): Promise<void> {
    const { role, trace, timeout } = this.#options;
    this.#raw = request;
    const { opened, written, head } = await this.#connector.raw(request);
    for (const bytes of written) {
      trace.add(">", `raw bytes "${showBytes(bytes)}"`);
    }
    if (role === "initiator") return this.#use(opened, began);
    const failure = await checkRawResponse(request, head, {
      trace,
      timeout,
      signal: this.#signal,
    });
    if (failure !== undefined) throw failure;
    if (request.status === 101) this.#use(opened, began);
  }

  #use({ wire, handle }: OpenConnection, began: number): void {
    const { timeout, trace } = this.#options;
    const options = { ...this.#connectionOptions, began };
    this.#connection = new SessionConnection(wire, options);
    const isOperated = this.#options.implementation.takesOperationsOnly;
    this.#commands = new CommandSteps({
      client: isOperated
        ? new BackOperations(this.#connection, timeout, this.#signal)
        : this.#client,
      handle: isOperated ? () => Promise.resolve("connection") : handle,
      trace,
      timeout,
      quietTime: this.#connection.quietTime,
      signal: this.#signal,
      onFailure: (failure) => this.#over.abort(failure),
    });
  }

  get #connectionOptions(): SessionConnectionOptions {
    const { trace, unit, timeout, roundTrip } = this.#options;
    const { heeds } = this.#options.case;
    return { trace, unit, timeout, roundTrip, heeds, signal: this.#signal };
  }

  async #run(step: Step): Promise<void> {
    if ("alive" in step) return await this.#health.newConnection();
    if ("memory" in step) {
      const { growth, reserved } = step.memory;
      return await this.#health.memory(growth, reserved);
    }
    if ("storm" in step) return await this.#burst(step.storm);
    if ("advance" in step) return await this.#commands?.advance(step.advance);
    const connection = this.#connection;
    const commands = this.#commands;
    if (connection === undefined || commands === undefined) {
      // Without a connection, no message can arrive that is to be ignored.
      if ("ignore" in step) return;
      throw new TypeError(
        `Cannot run the step ${quoteValue(step)}: there is no connection`,
      );
    }
    if ("handshake" in step) return await connection.handshake();
    if ("send" in step) {
      return await connection.send(step.send, step.cut, step.pace);
    }
    if ("expect" in step) return await connection.expect(step.expect);
    if ("all" in step) return await connection.all(step.all);
    if ("outcomes" in step) return await connection.outcomes(step.outcomes);
    if ("quiet" in step) return await connection.quiet();
    if ("echo" in step) return await connection.echo(step.echo);
    if ("ignore" in step) return connection.ignore();
    if ("hold" in step) return connection.hold();
    if ("resume" in step) return connection.resume();
    if ("close" in step) return await connection.close(step.close);
    if ("flood" in step) {
      return await connection.flood(step.flood.times, step.flood.send);
    }
    if ("do" in step) return await commands.do(step);
    if ("report" in step) {
      connection.bindings = await commands.report(
        step.report,
        Array.isArray(step.is) ? step.is : [step.is as ReportPattern],
        connection.bindings,
      );
      return;
    }
    // Upgrades and raw requests are first steps only.
    return refuse(
      "upgrade" in step || "raw" in step ? step : step satisfies never,
    );
  }

  async #burst(
    { times, send, close, hold }: Extract<Step, { storm: unknown }>["storm"],
  ): Promise<void> {
    const { trace, unit = "split", timeout } = this.#options;
    this.#cleanups.push(
      await runConnectionBurst({
        times,
        send,
        bindings: this.#connection?.bindings ?? new Map(),
        close,
        hold,
        unit,
        timeout,
        open: () => this.#openAnother(),
        signal: this.#signal,
        trace,
      }),
    );
  }

  /** Opens one more connection, in the same way as that of the case. */
  async #openAnother(): Promise<OpenConnection> {
    if (this.#raw === undefined) return await this.#connector.open();
    const { opened, head } = await this.#connector.raw(this.#raw);
    await head;
    return opened;
  }
}

function refuse(step: Step): never {
  throw new TypeError(
    `Cannot run the step ${quoteValue(step)}: got an unknown step`,
  );
}
