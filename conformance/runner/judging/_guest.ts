/**
 * An implementation while it is judged: started, described, and watched for its end.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import type { Role } from "../cases/case.ts";
import { BrokenAdapterError } from "../adapter_protocol/adapter_lines.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type ConnectionOptions,
  type Description,
  type Subject,
} from "../subject.ts";

/** How an implementation is had, each time that one is needed. */
export type OpenSubject = () => Subject | Promise<Subject>;

/** One that was started. It is gone when it has ended, or can not be asked any more. */
export class Guest implements Subject {
  /** What it says of itself. */
  readonly description: Description;
  readonly ended: Promise<string>;
  readonly pid?: number;
  readonly adopt?: (
    channel: Channel,
    role: Role,
    options?: ConnectionOptions,
  ) => Promise<string>;
  readonly #subject: Subject;
  readonly #gone = new AbortController();
  #goneAt = Infinity;
  #aliveAt = 0;
  #isGivenUp = false;

  private constructor(subject: Subject, description: Description) {
    this.#subject = subject;
    this.description = description;
    this.ended = subject.ended;
    if (subject.pid !== undefined) this.pid = subject.pid;
    if (subject.adopt !== undefined) this.adopt = subject.adopt.bind(subject);
    void subject.ended.then((how) => this.#leave(how));
  }

  /**
   * Starts an implementation.
   *
   * @throws {AdapterError} When it does not start, or does not describe itself.
   */
  static async start(open: OpenSubject): Promise<Guest> {
    const subject = await open();
    try {
      const description = await subject.ask("start", { protocol: 1 });
      return new Guest(subject, description);
    } catch (error) {
      await subject[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Aborted when it is gone; its reason says how. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** When it went, by the clock of `performance`. */
  get goneAt(): number {
    return this.#goneAt;
  }

  /** When the latest command was given that it has answered, by the clock of `performance`. */
  get aliveAt(): number {
    return this.#aliveAt;
  }

  /** Whether it still answers. Cuts all its connections. */
  async isAlive(): Promise<boolean> {
    await this.ask("reset", {}).catch(() => {});
    return !this.gone.aborted;
  }

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    const at = performance.now();
    try {
      const answer = await this.#subject.ask(command, args);
      this.#aliveAt = Math.max(this.#aliveAt, at);
      return answer;
    } catch (error) {
      if (error instanceof AdapterError && error.fatal) {
        this.#leave(error.message);
      } else this.#aliveAt = Math.max(this.#aliveAt, at);
      throw error;
    }
  }

  /** Whether it goes within a time, in milliseconds. */
  async goesWithin(time: number): Promise<boolean> {
    if (this.gone.aborted) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, time);
    this.gone.addEventListener("abort", () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    return this.gone.aborted;
  }

  /** Takes it for gone, as nothing comes of it any more. */
  giveUp(how: string): void {
    this.#isGivenUp = true;
    this.#leave(how);
  }

  /**
   * Ends it.
   *
   * @throws {BrokenAdapterError} When it went because it said what no adapter may say.
   */
  async leave(): Promise<void> {
    const why = this.gone.aborted && !this.#isGivenUp
      ? await this.#subject.ask("reset", {}).catch((error) => error)
      : undefined;
    await this.#subject[Symbol.asyncDispose]();
    if (why instanceof BrokenAdapterError) throw why;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#subject[Symbol.asyncDispose]();
  }

  #leave(how: string): void {
    if (this.gone.aborted) return;
    this.#goneAt = performance.now();
    this.#gone.abort(how);
  }
}
