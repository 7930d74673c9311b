/**
 * An implementation while it is judged: started, described, and watched until it exits.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import type { Role, SessionCase, Transport } from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import { BrokenAdapterError } from "../adapter_protocol/adapter_client.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type Description,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { unlessAborted } from "./_unless_aborted.ts";

/** Starts an instance of an implementation; called each time that a run needs a new one. */
export type OpenImplementation = () => Implementation | Promise<Implementation>;

/** Commands that are answered after something has happened. */
const WAITING: ReadonlySet<CommandName> = new Set(
  ["connect", "report", "close", "drain", "write"] as const,
);

/** How long the answer of an implementation that is not busy takes at most, in milliseconds. */
const PROMPT = 10;

/** A started implementation. It has exited when its process has ended or no longer takes commands. */
export class RunningImplementation implements Implementation {
  /** The description that the implementation gives of itself. */
  readonly description: Description;
  readonly ended: Promise<string>;
  readonly pid?: number;
  readonly takesOperationsOnly: boolean;
  readonly whyUnfit?: (
    session: SessionCase,
    over: Transport,
    unit?: Unit,
  ) => string | undefined;
  readonly adopt?: (
    channel: Channel,
    role: Role,
    options?: ConnectionOptions,
  ) => Promise<string>;
  readonly #implementation: Implementation;
  readonly #exited = new AbortController();
  #exitedAt = Infinity;
  #respondedAt = 0;
  #isUnresponsive = false;
  /** When the commands were sent that are not answered, except for those that wait. */
  readonly #unanswered = new Set<{ readonly at: number }>();

  private constructor(
    implementation: Implementation,
    description: Description,
  ) {
    this.#implementation = implementation;
    this.description = description;
    this.ended = implementation.ended;
    this.takesOperationsOnly = implementation.takesOperationsOnly ?? false;
    if (implementation.pid !== undefined) this.pid = implementation.pid;
    if (implementation.whyUnfit !== undefined) {
      this.whyUnfit = implementation.whyUnfit.bind(implementation);
    }
    if (implementation.adopt !== undefined) {
      this.adopt = implementation.adopt.bind(implementation);
    }
    void implementation.ended.then((how) => this.#exit(how));
  }

  /**
   * Starts an implementation.
   *
   * @param like The description that an earlier instance gave: what applies to one applies to all.
   * @throws {AdapterError} If it does not start, does not describe itself, or describes another one.
   */
  static async start(
    open: OpenImplementation,
    like?: Description,
  ): Promise<RunningImplementation> {
    const implementation = await open();
    try {
      const description = await implementation.ask("start", { protocol: 1 });
      const changed = like && changedField(like, description);
      if (changed !== undefined) {
        throw new AdapterError(
          `Cannot use the implementation: its instances differ in ${changed} of the answer to start`,
          { fatal: true },
        );
      }
      return new RunningImplementation(implementation, description);
    } catch (error) {
      await implementation[Symbol.asyncDispose]();
      if (!(error instanceof SkippedError)) throw error;
      throw new AdapterError(
        `Cannot use the implementation: it skips start: ${error.message}`,
        { cause: error },
      );
    }
  }

  /** Aborted when the implementation exits; the reason describes how. */
  get exited(): AbortSignal {
    return this.#exited.signal;
  }

  /** When the implementation exited, on the clock of `performance`. */
  get exitedAt(): number {
    return this.#exitedAt;
  }

  /** When the latest answered command was sent, on the clock of `performance`. */
  get respondedAt(): number {
    return this.#respondedAt;
  }

  /** Whether it takes long to answer a command that it need not wait for. */
  get isBusy(): boolean {
    const [first] = this.#unanswered;
    return first !== undefined && performance.now() - first.at > PROMPT;
  }

  /** Resets the implementation, which closes all its connections; returns whether it responds. */
  async isResponsive(): Promise<boolean> {
    await this.ask("reset", {}).catch(() => {});
    return !this.exited.aborted;
  }

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    const at = performance.now();
    const sent = { at };
    if (!WAITING.has(command)) this.#unanswered.add(sent);
    try {
      const answer = await this.#implementation.ask(command, args);
      this.#respondedAt = Math.max(this.#respondedAt, at);
      return answer;
    } catch (error) {
      if (error instanceof AdapterError && error.fatal) {
        this.#exit(error.message);
      } else this.#respondedAt = Math.max(this.#respondedAt, at);
      throw error;
    } finally {
      this.#unanswered.delete(sent);
    }
  }

  /** Returns whether the implementation exits within `time` milliseconds. */
  async exitsWithin(time: number): Promise<boolean> {
    if (this.exited.aborted) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    this.exited.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    return this.exited.aborted;
  }

  /** Treats the implementation as exited, since it no longer responds. */
  abandon(how: string): void {
    this.#isUnresponsive = true;
    this.#exit(how);
  }

  /** Returns the value of a promise; rejects at once if the implementation exits. */
  unlessExited<T>(promise: Promise<T>): Promise<T> {
    return unlessAborted(promise, this.exited);
  }

  /**
   * Stops an instance that is no longer needed.
   *
   * @throws {BrokenAdapterError} If it exited because its adapter violated the adapter protocol.
   */
  async retire(): Promise<void> {
    const why = this.exited.aborted && !this.#isUnresponsive
      ? await this.#implementation.ask("reset", {}).catch((error) => error)
      : undefined;
    await this.#implementation[Symbol.asyncDispose]();
    if (why instanceof BrokenAdapterError) throw why;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#implementation[Symbol.asyncDispose]();
  }

  #exit(how: string): void {
    if (this.exited.aborted) return;
    this.#exitedAt = performance.now();
    this.#exited.abort(how);
  }
}

/** Returns the first field in which two descriptions differ, in whatever order they list things. */
function changedField(
  one: Description,
  other: Description,
): keyof Description | undefined {
  const fields = Object.keys(one) as (keyof Description)[];
  return fields.find((field) => sorted(one[field]) !== sorted(other[field]));
}

/** Returns a value as text that does not depend on the order of lists and fields. */
function sorted(value: unknown): string {
  if (Array.isArray(value)) {
    return JSON.stringify([...new Set(value.map(sorted))].sort());
  }
  return typeof value === "object" && value !== null
    ? sorted(Object.entries(value).map(([key, each]) => key + sorted(each)))
    : JSON.stringify(value);
}
