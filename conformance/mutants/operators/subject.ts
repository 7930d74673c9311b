/**
 * An adapter with mutants switched on, while cases run with it.
 *
 * @module
 */

import { boundMemory } from "../bounded_adapter.ts";
import { startAdapter } from "../../runner/adapter_protocol/start_adapter.ts";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type Description,
  type Implementation,
} from "../../runner/implementation.ts";

/** How long a mutant may take to answer a command, in milliseconds. */
const ANSWER_TIMEOUT = 5_000;

/** How long it may take to start: the machine may be busy with others. */
const START_TIMEOUT = 60_000;

/** Thrown if a mutant does not start. */
export class StartError extends Error {}

/** A started adapter. */
export class Subject implements Implementation {
  readonly ended: Promise<string>;
  readonly pid?: number;
  /** The description that it gives of itself. */
  readonly description: Description;
  readonly #implementation: Implementation;
  readonly #exited = new AbortController();
  readonly #stopWatching: () => void;

  private constructor(
    implementation: Implementation,
    description: Description,
  ) {
    this.#implementation = implementation;
    this.description = description;
    this.ended = implementation.ended;
    if (implementation.pid !== undefined) this.pid = implementation.pid;
    void implementation.ended.then((how) => this.#exit(how));
    this.#stopWatching = boundMemory(implementation.pid);
  }

  /**
   * Starts an adapter with mutants switched on.
   *
   * @param numbers The numbers of the mutants.
   * @throws {StartError} If it does not start.
   */
  static async start(
    command: string,
    numbers: readonly number[],
    { port, isPatient = false }: {
      /** The port of its switches. */
      readonly port?: number;
      /** Whether it has more time to answer than a mutant has. */
      readonly isPatient?: boolean;
    } = {},
  ): Promise<Subject> {
    const implementation = await startAdapter(command, {
      answerTimeout: isPatient ? START_TIMEOUT : ANSWER_TIMEOUT,
      startTimeout: START_TIMEOUT,
      env: {
        NO_COLOR: "1",
        MUTANTS: numbers.join(","),
        ...port === undefined ? {} : { SWITCHES: `${port}` },
      },
    });
    try {
      const description = await implementation.ask("start", { protocol: 1 });
      return new Subject(implementation, description);
    } catch (cause) {
      await implementation[Symbol.asyncDispose]();
      throw new StartError((cause as Error).message, { cause });
    }
  }

  /** Aborted when it exits, or no longer takes commands. */
  get exited(): AbortSignal {
    return this.#exited.signal;
  }

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    try {
      return await this.#implementation.ask(command, args);
    } catch (error) {
      if (error instanceof AdapterError && error.fatal) {
        this.#exit(error.message);
      }
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopWatching();
    await this.#implementation[Symbol.asyncDispose]();
  }

  #exit(how: string): void {
    this.#stopWatching();
    if (!this.exited.aborted) this.#exited.abort(new Error(how));
  }
}
