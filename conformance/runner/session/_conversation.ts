/**
 * One connection with an implementation: what is sent on it, and what is waited for.
 *
 * @module
 */

import type { Bytes, Expectation, Outcome, SendItem } from "../cases/case.ts";
import type { Bindings } from "./_bindings.ts";
import { settles } from "./_bounded.ts";
import { Inbox } from "./_inbox.ts";
import { describeItem } from "./_item_text.ts";
import { Judgement } from "./_judgement.ts";
import type { Attempt, Position, Surroundings } from "./_attempt.ts";
import { attempt, attemptAll, unexpected } from "./_matcher.ts";
import { outgoing, type Unit, VERSION } from "./_outgoing.ts";
import { Sender } from "./_sender.ts";
import type { Trace } from "./_trace.ts";
import { Waiter } from "./_waiter.ts";
import type { Wire } from "./_wire.ts";
import { describeExpectation, describeExpectations } from "./_wording.ts";

/** The patience that the times of the corpus are written for, in milliseconds. */
const USUAL_PATIENCE = 3000;

/** What a conversation is run with. */
export interface ConversationOptions {
  /** What happens is noted here. */
  readonly trace: Trace;
  /** What one WebSocket message is. */
  readonly unit?: Unit | undefined;
  /** How long an expectation may take, in milliseconds. */
  readonly patience: number;
  /** The measured round trip, in milliseconds. */
  readonly roundTrip: number;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
  /** Put before each line of the trace. */
  readonly label?: string;
  /** When the connection was begun, by the clock of `performance`; now when absent. */
  readonly begun?: number;
}

/** A conversation, step by step. */
export class Conversation {
  /** What carries it. */
  readonly wire: Wire;
  readonly #options: ConversationOptions;
  readonly #inbox: Inbox;
  #position: Position = {
    cursor: { item: 0, skip: 0 },
    bindings: new Map(),
    weak: [],
  };
  /** When the step before has begun, and when this one has. */
  #begun: readonly [before: number, now: number];
  #ignoring = false;
  /** Whether the runner has ended its direction. */
  #ending = false;
  /** Whether the runner has ended the connection. */
  #closed = false;
  readonly #sender: Sender;
  readonly #waiter: Waiter;
  #echoes = 0;

  /** Begins to read. */
  constructor(wire: Wire, options: ConversationOptions) {
    this.wire = wire;
    this.#options = options;
    const now = performance.now();
    this.#begun = [options.begun ?? now, now];
    this.#inbox = new Inbox((item) => this.#note("<", describeItem(item)));
    this.#sender = new Sender({
      ...options,
      wire,
      isOver: () => this.#inbox.isOver,
      note: (by, text) => this.#note(by, text),
    });
    this.#waiter = new Waiter({
      ...options,
      quietTime: this.quietTime,
      around: () => this.#around,
    });
    wire.start((arrival) => this.#inbox.push(arrival));
  }

  /** What was remembered. */
  get bindings(): Bindings {
    return this.#position.bindings;
  }

  /** Remembers more. */
  set bindings(bindings: Bindings) {
    this.#position = { ...this.#position, bindings };
  }

  /** Why the case is not quite as it should be. */
  get weak(): readonly string[] {
    return this.#position.weak;
  }

  /** How long a quiet step waits, in milliseconds. */
  get quietTime(): number {
    return Math.min(1000, Math.max(50, 10 * this.#options.roundTrip));
  }

  /** Says that a step has ended. */
  stepEnds(): void {
    this.#begun = [this.#begun[1], performance.now()];
    this.#inbox.drop(this.#position.cursor);
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
  ): Promise<void> {
    const parts = items.map((item) => outgoing(item, this.bindings));
    await this.#sender.write(parts, cut);
  }

  /** Sends an `echo` request, and waits for the answer. */
  async echo(payload: Bytes): Promise<void> {
    const id = `~${(this.#echoes++).toString(16).padStart(3, "0")}`;
    await this.send([
      { kind: "SingleRequest", id, operation: "echo", payload },
    ]);
    await this.expect([{ message: { kind: "SingleResult", id, payload } }]);
  }

  /** Waits for expectations, one after the other. */
  async expect(wanted: readonly Expectation[]): Promise<void> {
    for (const one of wanted) {
      const result = await this.#waiter.settle(
        () => attempt(one, this.#position, this.#around),
      );
      this.#take(result, [describeExpectation(one, this.bindings)]);
    }
  }

  /** Waits for expectations in any order. */
  async all(wanted: readonly Expectation[]): Promise<void> {
    const result = await this.#waiter.settle(
      () => attemptAll(wanted, this.#position, this.#around),
    );
    this.#take(result, [
      `in any order: ${describeExpectations(wanted, this.bindings, "; ")}`,
    ]);
  }

  /** Waits until an outcome is certain. */
  async outcomes(outcomes: readonly Outcome[]): Promise<void> {
    this.#position = await this.#waiter.decide(outcomes, this.#position);
  }

  /** Sends items many times, as far as there is room. */
  async flood(times: number, items: readonly SendItem[]): Promise<void> {
    await this.#sender.flood(times, items, this.bindings);
  }

  /** Waits, and wants nothing to arrive. */
  async quiet(): Promise<void> {
    await this.#nothing(this.quietTime, "nothing");
  }

  /** Passes over messages that no step waits for, from here on. */
  ignore(): void {
    this.#ignoring = true;
  }

  /** Reads no more. */
  hold(): void {
    this.wire.hold();
    this.#note("#", "the runner stops reading");
  }

  /** Reads on. */
  resume(): void {
    this.wire.resume();
    this.#note("#", "the runner reads on");
  }

  /** Ends the connection. */
  async close(
    how: "end" | "half" | "reset" | { readonly code: number },
  ): Promise<void> {
    const isHalf = how === "half";
    this.#ending = true;
    if (!isHalf) this.#nothingUnexpected("nothing more", true);
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
    await this.#sender.rest();
    const done = isHalf ? this.#half() : this.wire.end(
      typeof how === "object" ? how.code : undefined,
    );
    await settles(done, this.#options.patience, this.#options.signal);
  }

  /** Wants nothing to have arrived that no step waited for. */
  async finish(): Promise<void> {
    if (this.#closed) return;
    // An extra message is written together with the wanted one, or a moment later.
    const moment = Math.min(100, Math.max(5, 2 * this.#options.roundTrip));
    await this.#nothing(moment, "nothing more", this.#ending);
  }

  /** Ends the connection in order where that is still possible, and lets go of it. */
  async dispose(): Promise<void> {
    const moment = Math.min(500, Math.max(100, 10 * this.#options.roundTrip));
    try {
      this.wire.resume();
      if (!this.#inbox.ended && !this.#closed) {
        await settles(this.wire.end(), moment);
      }
      // What is on its way is read, so that closing does not become a reset.
      const until = performance.now() + moment;
      while (!this.#inbox.ended && performance.now() < until) {
        await this.#inbox.wait(until, NEVER);
      }
    } catch {
      // It has ended already.
    }
    await settles(this.wire.destroy(), 1000);
  }

  get #around(): Surroundings {
    const { patience, roundTrip } = this.#options;
    return {
      inbox: this.#inbox,
      begun: this.#begun[0],
      ended: this.#begun[1],
      scale: Math.max(1, patience / USUAL_PATIENCE),
      tolerance: Math.min(20, Math.max(3, 2 * roundTrip)),
      ignoring: this.#ignoring,
      headers: this.wire.headers,
    };
  }

  #half(): Promise<void> {
    if (this.wire.half !== undefined) return this.wire.half();
    throw new TypeError(
      `Cannot end one direction: ${this.wire.transport} has no such thing`,
    );
  }

  #take(result: Attempt, expected: readonly string[]): void {
    if (result.state === "matched") {
      this.#position = result.position;
      return;
    }
    throw new Judgement(
      "fail",
      result.state === "mismatch" ? result.why : "it did not arrive",
      expected,
    );
  }

  async #nothing(
    ms: number,
    expected: string,
    mayEnd = false,
  ): Promise<void> {
    const until = performance.now() + ms;
    for (;;) {
      this.#nothingUnexpected(expected, mayEnd);
      if (performance.now() >= until) return;
      if (this.#inbox.ended) return;
      await this.#inbox.wait(until, this.#options.signal);
    }
  }

  #nothingUnexpected(expected: string, mayEnd: boolean): void {
    const arrived = unexpected(this.#position, this.#around, mayEnd);
    if (arrived === undefined) return;
    throw new Judgement("fail", `${arrived} arrived`, [expected]);
  }

  #note(by: ">" | "<" | "#", text: string): void {
    const { trace, label } = this.#options;
    trace.add(by, label === undefined ? text : `${label}: ${text}`);
  }
}

const NEVER: AbortSignal = new AbortController().signal;
