/**
 * One run of a case: its steps, one after the other.
 *
 * @module
 */

import type {
  ReportPattern,
  Role,
  SessionCase,
  Step,
  Transport,
} from "../cases/case.ts";
import type { Implementation } from "../implementation.ts";
import { settles } from "./_bounded.ts";
import { needsHandle, optionsOf, resets } from "./_case_traits.ts";
import { Calls } from "./_calls.ts";
import { Commander } from "./_commander.ts";
import { Conversation, type ConversationOptions } from "./_conversation.ts";
import { Judgement } from "./_judgement.ts";
import { Opener } from "./_opener.ts";
import type { Unit } from "./_outgoing.ts";
import { residentMemory } from "./_resident_memory.ts";
import { runStorm } from "./_storm.ts";
import type { Trace } from "./_trace.ts";

/** What a run needs. */
export interface CaseRunOptions {
  readonly case: SessionCase;
  readonly role: Role;
  readonly over: Transport;
  readonly unit: Unit | undefined;
  readonly subject: Implementation;
  readonly trace: Trace;
  readonly roundTrip: number;
  readonly patience: number;
  readonly signal: AbortSignal;
}

/** Runs the steps of a case. */
export class CaseRun {
  readonly #options: CaseRunOptions;
  readonly #commander: Commander;
  readonly #opener: Opener;
  /** What must be let go of. */
  readonly #open: Conversation[] = [];
  readonly #cleanups: (() => Promise<void>)[] = [];
  readonly #failure = new AbortController();
  readonly #signal: AbortSignal;
  #conversation: Conversation | undefined;
  #calls: Calls | undefined;
  #memory: number | undefined;

  /** Creates a run. */
  constructor(options: CaseRunOptions) {
    this.#options = options;
    const { role, over, patience, subject } = options;
    this.#signal = AbortSignal.any([options.signal, this.#failure.signal]);
    const signal = this.#signal;
    this.#commander = new Commander(subject, patience, signal);
    this.#opener = new Opener(this.#commander, {
      role,
      over,
      options: optionsOf(options.case),
      resets: resets(options.case),
      patience,
      signal,
    });
  }

  /**
   * Runs all steps.
   *
   * @returns Why the case is not quite as it should be; empty when it is.
   * @throws {Judgement} When a step is not as it should be.
   */
  async run(): Promise<readonly string[]> {
    const { steps, bystander } = this.#options.case;
    this.#memory = await residentMemory(this.#options.subject.pid);
    const watching = bystander === true ? await this.#watch() : undefined;
    const rest = await this.#begin(steps);
    for (const step of rest) {
      await this.#step(step);
      this.#conversation?.stepEnds();
      this.#signal.throwIfAborted();
    }
    await this.#conversation?.finish();
    await this.#isServed(watching, "another connection");
    this.#signal.throwIfAborted();
    return this.#conversation?.weak ?? [];
  }

  /** Lets go of all that is open; takes a bounded time, and never rejects. */
  async dispose(): Promise<void> {
    this.#failure.abort(new Error("The case is through"));
    await Promise.all(this.#cleanups.map((clean) => settles(clean(), 1000)));
    await Promise.all(
      this.#open.map((conversation) => conversation.dispose()),
    );
    await this.#opener.dispose();
  }

  /** Opens the connection of the case; gives the steps that are left. */
  async #begin(steps: readonly Step[]): Promise<readonly Step[]> {
    const begun = performance.now();
    const [first] = steps;
    if (first === undefined || !("upgrade" in first)) {
      const opened = await this.#opener.open({ named: needsHandle(steps) });
      this.#converse(opened, begun);
      return steps;
    }
    const { headers, status = 101 } = first.upgrade;
    this.#options.trace.add(
      ">",
      `asks for a WebSocket with the headers ${JSON.stringify(headers)}`,
    );
    const answer = await this.#opener.upgrade(headers);
    this.#options.trace.add("<", `HTTP status ${answer.status}`);
    const wanted: readonly number[] = typeof status === "number"
      ? [status]
      : status;
    if (!wanted.includes(answer.status)) {
      throw new Judgement("fail", `the HTTP status was ${answer.status}`, [
        `HTTP status ${wanted.join(" or ")}`,
      ]);
    }
    // Where a refusal is as good, no step can use the connection.
    const isUsed = wanted.every((each) => each === 101);
    if (answer.opened !== undefined && isUsed) {
      this.#converse(answer.opened, begun);
    }
    return steps.slice(1);
  }

  #converse(
    opened: Awaited<ReturnType<Opener["open"]>>,
    begun: number,
  ): void {
    const { patience, trace } = this.#options;
    this.#conversation = new Conversation(opened.wire, {
      ...this.#conversationOptions(),
      begun,
    });
    this.#open.push(this.#conversation);
    this.#calls = new Calls({
      commander: this.#commander,
      connection: opened.connection,
      trace,
      patience,
      quietTime: this.#conversation.quietTime,
      signal: this.#signal,
      onFailure: (judgement) => this.#failure.abort(judgement),
    });
  }

  #conversationOptions(): ConversationOptions {
    const { trace, unit, patience, roundTrip } = this.#options;
    return { trace, unit, patience, roundTrip, signal: this.#signal };
  }

  async #step(step: Step): Promise<void> {
    if ("alive" in step) return await this.#alive();
    if ("memory" in step) return await this.#grown(step.memory.growth);
    if ("storm" in step) {
      const { times, send, close } = step.storm;
      const { trace, unit = "split", patience } = this.#options;
      const storm = await runStorm({
        times,
        send,
        close,
        unit,
        patience,
        open: () => this.#opener.open(),
        signal: this.#signal,
        trace,
      });
      this.#cleanups.push(storm);
      return;
    }
    if ("advance" in step) return await this.#calls?.advance(step.advance);
    const conversation = this.#conversation;
    const calls = this.#calls;
    if (conversation === undefined || calls === undefined) {
      // Where a refusal is as good as a connection, nothing can come that were to be ignored.
      if ("ignore" in step) return;
      throw new TypeError(
        `Cannot run the step ${
          JSON.stringify(step)
        }: there is no connection any more`,
      );
    }
    if ("handshake" in step) await conversation.handshake();
    else if ("send" in step) await conversation.send(step.send, step.cut);
    else if ("expect" in step) await conversation.expect(step.expect);
    else if ("all" in step) await conversation.all(step.all);
    else if ("outcomes" in step) await conversation.outcomes(step.outcomes);
    else if ("quiet" in step) await conversation.quiet();
    else if ("echo" in step) await conversation.echo(step.echo);
    else if ("ignore" in step) conversation.ignore();
    else if ("hold" in step) conversation.hold();
    else if ("resume" in step) conversation.resume();
    else if ("close" in step) await conversation.close(step.close);
    else if ("flood" in step) {
      await conversation.flood(step.flood.times, step.flood.send);
    } else if ("do" in step) await calls.do(step);
    else if ("report" in step) {
      conversation.bindings = await calls.report(
        step.report,
        Array.isArray(step.is) ? step.is : [step.is as ReportPattern],
        conversation.bindings,
      );
    } else {
      throw new TypeError(
        `Cannot run the step ${JSON.stringify(step)}: it is none that is known`,
      );
    }
  }

  /** Opens a connection that is not the one of the case, and exchanges versions on it. */
  async #openOther(label: string): Promise<Conversation> {
    const { wire } = await this.#opener.open();
    const conversation = new Conversation(wire, {
      ...this.#conversationOptions(),
      unit: "split",
      label,
    });
    this.#open.push(conversation);
    await conversation.handshake();
    conversation.stepEnds();
    return conversation;
  }

  /** Opens the connection that must work in the end, and keeps it from being taken for dead. */
  async #watch(): Promise<Conversation> {
    const conversation = await this.#openOther("bystander");
    const { readTimeout } = optionsOf(this.#options.case) ?? {};
    if (readTimeout === undefined || readTimeout === 0) return conversation;
    const time = Math.floor(Date.now() / 1000);
    const beat = setInterval(
      () =>
        conversation.send([{ kind: "Heartbeat", load: 0, time }]).catch(
          () => {},
        ),
      readTimeout / 4,
    );
    this.#cleanups.push(() => Promise.resolve(clearInterval(beat)));
    return conversation;
  }

  async #alive(): Promise<void> {
    let other: Conversation | undefined;
    try {
      other = await this.#openOther("new connection");
    } catch (error) {
      this.#options.signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      throw new Judgement("fail", `a new connection was not served: ${text}`, [
        "a new connection that is served",
      ]);
    }
    await this.#isServed(other, "a new connection");
    await other.dispose();
  }

  async #isServed(
    conversation: Conversation | undefined,
    which: string,
  ): Promise<void> {
    if (conversation === undefined) return;
    try {
      await conversation.echo("are you there");
    } catch (error) {
      this.#options.signal.throwIfAborted();
      const text = error instanceof Error ? error.message : String(error);
      throw new Judgement("fail", `${which} was not served: ${text}`, [
        `${which} that is served`,
      ]);
    }
  }

  async #grown(growth: number): Promise<void> {
    const { subject, trace } = this.#options;
    const now = await residentMemory(subject.pid);
    if (now === undefined || this.#memory === undefined) {
      trace.add("#", "the memory of the implementation cannot be measured");
      return;
    }
    const grown = now - this.#memory;
    trace.add("#", `the memory has grown by ${grown} bytes`);
    if (grown <= growth) return;
    throw new Judgement("fail", `the memory has grown by ${grown} bytes`, [
      `growth by at most ${growth} bytes`,
    ]);
  }
}
