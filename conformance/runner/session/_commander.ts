/**
 * Commands to a subject, each with a bound.
 *
 * @module
 */

import {
  AdapterError,
  type CommandName,
  type Commands,
  type Implementation,
} from "../implementation.ts";
import { bounded, TooLateError } from "./_bounded.ts";

/** Gives commands to a subject, which may be stuck. */
export class Commander {
  /** Who is told. */
  readonly subject: Implementation;
  readonly #patience: number;
  readonly #signal: AbortSignal | undefined;

  /** Creates one that waits so long for each answer, and no longer than the signal says. */
  constructor(subject: Implementation, patience: number, signal?: AbortSignal) {
    this.subject = subject;
    this.#patience = patience;
    this.#signal = signal;
  }

  /**
   * Gives a command.
   *
   * @param longer How much longer the answer may take, as the command itself waits.
   * @throws {SkippedError} When the subject cannot do this.
   * @throws {AdapterError} When it did not work, or there was no answer in time.
   */
  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    longer = 0,
  ): Promise<Commands[C]["answer"]> {
    try {
      return await bounded(
        this.subject.ask(command, args),
        this.#patience + longer,
        `wait for the answer to ${command}`,
        this.#signal,
      );
    } catch (error) {
      if (!(error instanceof TooLateError)) throw error;
      throw new AdapterError(error.message, { cause: error });
    }
  }
}
