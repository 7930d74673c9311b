/**
 * One connection of a session case.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import type { Bytes, Expectation, Outcome, SendItem } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import type { TraceEntry } from "../judging/report.ts";
import { outgoing, VERSION } from "./_outgoing.ts";
import { Sender } from "./_sender.ts";
import { settlesWithin } from "./_timeout.ts";
import type { TraceLog, TraceText } from "./_trace_log.ts";
import { VerdictError } from "./_verdict_error.ts";
import {
  awaitMatch,
  awaitNothing,
  awaitOutcome,
  type ExpectationOptions,
} from "./expectation/expectation.ts";
import { Inbox } from "./expectation/inbox.ts";
import type {
  Cursor,
  FinalMatchResult,
  MatchContext,
} from "./expectation/match_result.ts";
import {
  findUnexpected,
  match,
  matchInAnyOrder,
} from "./expectation/matcher.ts";
import type { Bindings } from "./expectation/pattern.ts";
import {
  describeExpectation,
  describeExpectations,
  describeItem,
  describeOutcome,
} from "./expectation/wording.ts";
import type { Wire } from "./wire/wire.ts";

/** The timeout for which the times of the corpus are chosen, in milliseconds. */
const REFERENCE_TIMEOUT = 3000;

/** How long releasing a connection may take, in milliseconds. */
const RELEASE_TIMEOUT = 1000;

/** Never aborted. */
const NEVER: AbortSignal = new AbortController().signal;

/** Options of a connection. */
export interface SessionConnectionOptions {
  readonly trace: TraceLog;
  /** What one WebSocket message is. */
  readonly unit?: Unit | undefined;
  /** How long one expectation may take, in milliseconds. */
  readonly timeout: number;
  /** The measured round trip, in milliseconds. */
  readonly roundTrip: number;
  /** The names of extensions whose Notifications the case names. */
  readonly heeds?: readonly string[] | undefined;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** A prefix for each entry of the trace. */
  readonly label?: string;
  /**
   * When opening the connection began, by the clock of `performance.now()`; now
   * by default.
   */
  readonly began?: number;
}

/** Sends on a connection and waits for expectations, step by step. */
export class SessionConnection {
  /** The runner's end of the connection. */
  readonly wire: Wire;
  readonly #options: SessionConnectionOptions;
  readonly #expectationOptions: ExpectationOptions;
  readonly #inbox: Inbox;
  readonly #comparedParts: MatchContext["comparedParts"] = new WeakMap();
  readonly #sender: Sender;
  #cursor: Cursor = {
    offset: { item: 0, skip: 0 },
    bindings: new Map(),
    weak: [],
  };
  /** When the previous step began, and when it ended. */
  #previous: readonly [began: number, ended: number];
  #ignoring = false;
  /** Whether the runner has ended its direction. */
  #ending = false;
  /** Whether the runner has ended the connection. */
  #closed = false;
  #echoes = 0;

  /** Starts reading from a wire. */
  constructor(wire: Wire, options: SessionConnectionOptions) {
    this.wire = wire;
    this.#options = options;
    const now = performance.now();
    this.#previous = [options.began ?? now, now];
    this.#inbox = new Inbox((item) =>
      this.#note(
        "<",
        () => describeItem(item),
        "size" in item ? item.size : 0,
      )
    );
    this.#sender = new Sender({
      ...options,
      wire,
      isOver: () => this.#inbox.isOver,
      note: (by, text, held) => this.#note(by, text, held),
    });
    this.#expectationOptions = {
      ...options,
      quietTime: this.quietTime,
      context: () => this.#context,
    };
    wire.start((arrival) => this.#inbox.push(arrival));
  }

  /** The bytes that the case has bound. */
  get bindings(): Bindings {
    return this.#cursor.bindings;
  }

  /** Replaces the bindings. */
  set bindings(bindings: Bindings) {
    this.#cursor = { ...this.#cursor, bindings };
  }

  /** Why the case passes weakly; empty if it passes. */
  get weak(): readonly string[] {
    return this.#cursor.weak;
  }

  /** How long a quiet step waits, in milliseconds. */
  get quietTime(): number {
    return Math.min(1000, Math.max(50, 10 * this.#options.roundTrip));
  }

  /** Whether the connection has ended. */
  get ended(): boolean {
    return this.#inbox.ended;
  }

  /** Passes the results of a request to a function, so that no step sees them. */
  divert(id: string, onResult: (message: Message) => void): void {
    this.#inbox.divert(id, onResult);
  }

  /** Marks the end of a step. */
  endStep(): void {
    this.#previous = [this.#previous[1], performance.now()];
    this.#inbox.drop(this.#cursor.offset);
  }

  /** Exchanges the versions. */
  async handshake(): Promise<void> {
    await this.#sender.write([VERSION]);
    await this.expect([{ bytes: "01" }]);
  }

  /** Sends items. */
  async send(
    items: readonly SendItem[],
    cut?: "bytewise" | number,
    pace?: number,
  ): Promise<void> {
    const parts = items.map((item) => outgoing(item, this.bindings));
    await this.#sender.write(parts, cut, pace);
  }

  /** Sends an `echo` request and waits for its result. */
  async echo(payload: Bytes): Promise<void> {
    const id = `~${(this.#echoes++).toString(16).padStart(3, "0")}`;
    await this.send([
      { kind: "SingleRequest", id, operation: "echo", payload },
    ]);
    await this.expect([{ message: { kind: "SingleResult", id, payload } }]);
  }

  /** Waits for expectations, one after the other. */
  async expect(expectations: readonly Expectation[]): Promise<void> {
    for (const expectation of expectations) {
      let from = this.#cursor;
      const result = await awaitMatch(() => {
        const compared = match(expectation, from, this.#context);
        // What is skipped stays skipped, so that each arrival costs what it brings.
        if (compared.state === "open" && "message" in expectation) {
          from = compared.cursor;
        }
        return compared;
      }, this.#expectationOptions);
      this.#accept(
        result,
        () => [describeExpectation(expectation, this.bindings)],
      );
    }
  }

  /** Waits for expectations in any order. */
  async all(expectations: readonly Expectation[]): Promise<void> {
    const result = await awaitMatch(
      () => matchInAnyOrder(expectations, this.#cursor, this.#context),
      this.#expectationOptions,
    );
    this.#accept(result, () => [
      `in any order: ${
        describeExpectations(expectations, this.bindings, "; ")
      }`,
    ]);
  }

  /** Waits until the first outcome that matches is certain. */
  async outcomes(outcomes: readonly Outcome[]): Promise<void> {
    const result = await awaitOutcome(
      outcomes,
      this.#cursor,
      this.#expectationOptions,
    );
    this.#accept(
      result,
      () => outcomes.map((outcome) => describeOutcome(outcome, this.bindings)),
    );
  }

  /** Sends items many times, until there is no room. */
  async flood(times: number, items: readonly SendItem[]): Promise<void> {
    await this.#sender.flood(times, items, this.bindings);
  }

  /** Waits, and fails if anything arrives. */
  async quiet(): Promise<void> {
    await this.#expectNothing(this.quietTime, "nothing");
  }

  /** Ignores messages that no step expects, from now on. */
  ignore(): void {
    this.#ignoring = true;
  }

  /** Stops reading. */
  hold(): void {
    this.wire.hold();
    this.#note("#", "the runner stops reading");
  }

  /** Continues reading. */
  resume(): void {
    this.wire.resume();
    this.#note("#", "the runner continues reading");
  }

  /** Ends the connection. */
  async close(
    how: "end" | "half" | "reset" | { readonly code: number },
  ): Promise<void> {
    const isHalf = how === "half";
    this.#ending = true;
    if (!isHalf) {
      this.#refuse(
        findUnexpected(this.#cursor, this.#context, true),
        "nothing more",
      );
    }
    const text = typeof how === "object"
      ? `close ${how.code}`
      : isHalf
      ? "the end of the runner's direction"
      : how === "end"
      ? "the end"
      : "a reset";
    this.#note(">", text);
    this.#closed = !isHalf;
    if (how === "reset") return this.wire.reset();
    await this.#sender.flush();
    const done = isHalf ? this.#half() : this.wire.end(
      typeof how === "object" ? how.code : undefined,
    );
    await settlesWithin(done, this.#options.timeout, this.#options.signal);
  }

  /** Fails if something has arrived that no step expects. */
  async finish(): Promise<void> {
    if (this.#closed) return;
    // An extra message is written with the expected one, or a moment later.
    const moment = Math.min(100, Math.max(5, 2 * this.#options.roundTrip));
    await this.#expectNothing(moment, "nothing more", this.#ending);
  }

  /** Ends the connection, in order if that is still possible, and releases it. */
  async dispose(): Promise<void> {
    const moment = Math.min(500, Math.max(100, 10 * this.#options.roundTrip));
    try {
      this.wire.resume();
      if (!this.#inbox.ended && !this.#closed) {
        await settlesWithin(this.wire.end(), moment);
      }
      // Unread data would turn the close into a reset.
      const until = performance.now() + moment;
      while (!this.#inbox.ended && performance.now() < until) {
        await this.#inbox.wait(until, NEVER);
      }
    } catch {
      // The connection has already ended.
    }
    await settlesWithin(this.wire.destroy(), RELEASE_TIMEOUT);
  }

  get #context(): MatchContext {
    const { timeout, roundTrip, heeds = [] } = this.#options;
    const [previousBegan, previousEnded] = this.#previous;
    return {
      inbox: this.#inbox,
      comparedParts: this.#comparedParts,
      previousBegan,
      previousEnded,
      scale: Math.max(1, timeout / REFERENCE_TIMEOUT),
      tolerance: Math.min(20, Math.max(3, 2 * roundTrip)),
      ignoring: this.#ignoring,
      heeds,
      headers: this.wire.headers,
    };
  }

  #half(): Promise<void> {
    if (this.wire.half !== undefined) return this.wire.half();
    throw new TypeError(
      `Cannot end one direction: ${this.wire.transport} does not support it`,
    );
  }

  /** Moves the cursor after a match, and throws after a mismatch. */
  #accept(result: FinalMatchResult, expected: () => readonly string[]): void {
    if (result.state === "mismatch") {
      throw new VerdictError("fail", result.why, expected());
    }
    this.#cursor = result.cursor;
  }

  async #expectNothing(
    ms: number,
    expected: string,
    mayEnd = false,
  ): Promise<void> {
    const options = this.#expectationOptions;
    this.#refuse(
      await awaitNothing(ms, this.#cursor, options, mayEnd),
      expected,
    );
  }

  #refuse(arrived: string | undefined, expected: string): void {
    if (arrived === undefined) return;
    throw new VerdictError("fail", `${arrived} arrived`, [expected]);
  }

  #note(by: TraceEntry["by"], text: TraceText, held = 0): void {
    const { trace, label } = this.#options;
    if (label === undefined) return trace.add(by, text, held);
    const made = () => `${label}: ${typeof text === "string" ? text : text()}`;
    trace.add(by, made, held);
  }
}
