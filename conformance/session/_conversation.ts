/**
 * One connection with an implementation: what is sent on it, and what is waited for.
 *
 * @module
 */

import { showBytes } from "../bytes.ts";
import type { Bytes, Expectation, Outcome, SendItem } from "../case.ts";
import type { Bindings } from "./_bindings.ts";
import { settles } from "./_bounded.ts";
import { describeItem, Inbox } from "./_inbox.ts";
import { Judgement } from "./_judgement.ts";
import type { Attempt, Position, Surroundings } from "./_attempt.ts";
import { attempt, attemptAll, attemptInOrder, unexpected } from "./_matcher.ts";
import {
  type Outgoing,
  outgoing,
  pieces,
  type Unit,
  VERSION,
} from "./_outgoing.ts";
import type { Trace } from "./_trace.ts";
import type { OutgoingFrame, Wire } from "./_wire.ts";
import {
  describeExpectation,
  describeExpectations,
  describeOutcome,
} from "./_wording.ts";

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
}

/** The patience that the times of the corpus are written for, in milliseconds. */
const USUAL_PATIENCE = 3000;

/** Room for more must come within so many milliseconds in a flood. */
const ROOM_WITHIN = 1000;

/** So many milliseconds without an arrival are quiet, where something might have come. */
const SURELY_QUIET = 700;

/** How many bytes of a flood are put into one write, about. */
const FLOOD_BATCH = 64 * 1024;

/** Even while something goes on arriving, a step takes no more than so many times the patience. */
const LONGEST_STEP = 10;

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
  #mark = performance.now();
  #ignoring = false;
  /** Whether the runner has ended its direction. */
  #ending = false;
  /** Whether the runner has ended the connection. */
  #closed = false;
  #writing: Promise<void> = Promise.resolve();
  /** Whether a write has failed, so that no other can succeed. */
  #isBroken = false;
  #echoes = 0;

  /** Begins to read. */
  constructor(wire: Wire, options: ConversationOptions) {
    this.wire = wire;
    this.#options = options;
    this.#inbox = new Inbox((item) => this.#note("<", describeItem(item)));
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
    this.#mark = performance.now();
    this.#inbox.drop(this.#position.cursor);
  }

  /** Exchanges the versions. */
  async handshake(): Promise<void> {
    await this.#write([VERSION]);
    await this.expect([{ bytes: "01" }]);
  }

  /** Sends items. */
  async send(
    items: readonly SendItem[],
    cut?: "bytewise" | number,
  ): Promise<void> {
    const parts = items.map((item) => outgoing(item, this.bindings));
    await this.#write(parts, cut);
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
      const result = await this.#settle(
        () => attempt(one, this.#position, this.#around),
      );
      this.#take(result, [describeExpectation(one, this.bindings)]);
    }
  }

  /** Waits for expectations in any order. */
  async all(wanted: readonly Expectation[]): Promise<void> {
    const result = await this.#settle(
      () => attemptAll(wanted, this.#position, this.#around),
    );
    this.#take(result, [
      `in any order: ${describeExpectations(wanted, this.bindings, "; ")}`,
    ]);
  }

  /** Waits until an outcome is certain. */
  async outcomes(outcomes: readonly Outcome[]): Promise<void> {
    const began = performance.now();
    const hasQuiet = outcomes.some((outcome) => "quiet" in outcome);
    // To be taken for quiet where something else may come takes longer than a quiet step.
    const isAlone = outcomes.length === 1;
    const quietUntil = began +
      (isAlone ? this.quietTime : Math.max(this.quietTime, SURELY_QUIET));
    for (;;) {
      const now = performance.now();
      const whys = new Set<string>();
      let until: number | undefined;
      for (const outcome of outcomes) {
        const result = this.#attemptOutcome(outcome, quietUntil);
        if (result.state === "matched") {
          this.#take(result, []);
          if (outcome.grade === "weak") {
            this.#weaken(outcome.because ?? "not as it should be");
          }
          return;
        }
        if (result.state === "mismatch") {
          whys.add(result.why);
          continue;
        }
        const limit = "quiet" in outcome ? quietUntil : this.#outcomeLimit(
          result,
          began,
          hasQuiet ? quietUntil : undefined,
        );
        if (now < limit) {
          until = limit;
          break;
        }
        whys.add(this.#silence(began));
      }
      if (until === undefined) {
        throw new Judgement(
          "fail",
          [...whys].join("; "),
          outcomes.map((outcome) => describeOutcome(outcome, this.bindings)),
        );
      }
      await this.#inbox.wait(until, this.#options.signal);
    }
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
    await this.#waitForWrites();
    const done = isHalf ? this.#half() : this.wire.end(
      typeof how === "object" ? how.code : undefined,
    );
    await this.#tolerate(done, this.#options.patience);
  }

  /** Sends items many times, as far as there is room. */
  async flood(times: number, items: readonly SendItem[]): Promise<void> {
    this.#note(">", `${times} times, ${describeItems(items, this.bindings)}`);
    let sent = 0;
    for (; sent < times && !this.#inbox.isOver;) {
      const parts: Outgoing[] = [];
      let size = 0;
      while (sent < times && size < FLOOD_BATCH) {
        for (const item of items) {
          const part = outgoing(item, this.bindings, sent);
          size += "units" in part
            ? part.units.reduce((sum, { length }) => sum + length, 0)
            : part.frame.bytes.length;
          parts.push(part);
        }
        sent++;
      }
      if (!await this.#writePieces(pieces(parts, this.#how()), ROOM_WITHIN)) {
        break;
      }
    }
    if (sent < times) this.#note("#", `the flood was over after ${sent} times`);
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
      mark: this.#mark,
      scale: Math.max(1, patience / USUAL_PATIENCE),
      tolerance: Math.min(20, Math.max(3, 2 * roundTrip)),
      ignoring: this.#ignoring,
      headers: this.wire.headers,
    };
  }

  #how(cut?: "bytewise" | number) {
    const { unit = "split" } = this.#options;
    const over = this.wire.transport;
    return cut === undefined ? { unit, over } : { unit, over, cut };
  }

  async #write(
    parts: readonly Outgoing[],
    cut?: "bytewise" | number,
  ): Promise<void> {
    for (const { text } of parts) this.#note(">", text);
    await this.#writePieces(
      pieces(parts, this.#how(cut)),
      this.#options.patience,
    );
  }

  /** Writes pieces, unless the implementation has ended the conversation; tells whether all were taken. */
  async #writePieces(
    written: readonly (Uint8Array | OutgoingFrame)[],
    roomWithin: number,
  ): Promise<boolean> {
    const work = this.#writing.then(async () => {
      for (const piece of written) {
        if (this.#inbox.isOver) {
          this.#note("#", "the rest is not sent: the implementation has ended");
          return;
        }
        await (piece instanceof Uint8Array
          ? this.wire.write(piece)
          : this.wire.frame!(piece));
      }
    }).catch((error) => {
      this.#isBroken = true;
      this.#note("#", `it was not taken: ${error.message}`);
    });
    this.#writing = work;
    if (await settles(work, roomWithin, this.#options.signal)) {
      return !this.#isBroken;
    }
    this.#note("#", "the implementation takes no more for now");
    return false;
  }

  async #waitForWrites(): Promise<void> {
    await settles(this.#writing, ROOM_WITHIN, this.#options.signal);
  }

  #half(): Promise<void> {
    if (this.wire.half !== undefined) return this.wire.half();
    throw new TypeError(
      `Cannot end one direction: ${this.wire.transport} has no such thing`,
    );
  }

  async #tolerate(work: Promise<void>, ms: number): Promise<void> {
    await settles(work, ms, this.#options.signal);
  }

  /** Attempts again and again, until it is certain or too late. */
  async #settle(run: () => Attempt): Promise<Attempt> {
    const began = performance.now();
    for (;;) {
      const result = run();
      if (result.state !== "open") return result;
      const until = this.#limit(result.on, began);
      if (performance.now() >= until) {
        return { state: "mismatch", why: this.#silence(began) };
      }
      await this.#inbox.wait(until, this.#options.signal);
    }
  }

  /** Until when an expectation may stay open. */
  #limit(wanted: Expectation, began: number): number {
    const { patience } = this.#options;
    const { scale } = this.#around;
    if (wanted.within !== undefined) return this.#mark + wanted.within * scale;
    const earliest = this.#mark + (wanted.notBefore ?? 0);
    return Math.min(
      Math.max(began, earliest, this.#inbox.lastAt) + patience,
      Math.max(began, earliest) + LONGEST_STEP * patience,
    );
  }

  #attemptOutcome(outcome: Outcome, quietUntil: number): Attempt {
    if (!("quiet" in outcome)) {
      return attemptInOrder(outcome.expect, this.#position, this.#around);
    }
    const arrived = unexpected(this.#position, this.#around);
    if (arrived !== undefined) {
      return { state: "mismatch", why: `${arrived} arrived` };
    }
    if (performance.now() >= quietUntil) {
      return { state: "matched", position: this.#position };
    }
    return { state: "open", on: NOTHING, position: this.#position };
  }

  /** Until when an outcome may stay open; where quiet is one as well, not for long without an arrival. */
  #outcomeLimit(
    result: Extract<Attempt, { state: "open" }>,
    began: number,
    quietUntil: number | undefined,
  ): number {
    const limit = this.#limit(result.on, began);
    if (quietUntil === undefined || result.on.within !== undefined) {
      return limit;
    }
    if (unexpected(this.#position, this.#around) !== undefined) return limit;
    return Math.max(quietUntil, this.#mark + (result.on.notBefore ?? 0));
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

  #weaken(why: string): void {
    const weak = [...this.#position.weak, why];
    this.#position = { ...this.#position, weak };
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

  /** What to say when something did not arrive. */
  #silence(began: number): string {
    const ms = Math.round(performance.now() - began);
    const { partial } = this.#inbox;
    if (partial.length > 0) {
      return `only "${showBytes(partial)}" arrived within ${ms} ms`;
    }
    return `nothing${
      this.#position.cursor.item > 0 ? " more" : ""
    } arrived within ${ms} ms`;
  }

  #note(by: ">" | "<" | "#", text: string): void {
    const { trace, label } = this.#options;
    trace.add(by, label === undefined ? text : `${label}: ${text}`);
  }
}

const NEVER: AbortSignal = new AbortController().signal;

/** What stands for a wait for nothing. */
const NOTHING: Expectation = { end: {} };

function describeItems(
  items: readonly SendItem[],
  bindings: Bindings,
): string {
  return items.map((item) => outgoing(item, bindings).text).join(", ");
}
