/**
 * Sends commands to an implementation, each with a timeout.
 *
 * @module
 */

import {
  AdapterError,
  type CommandName,
  type Commands,
  type Implementation,
} from "../implementation.ts";
import { TooLateError, withTimeout } from "./_timeout.ts";

/** Carries out commands. */
export interface CommandSender {
  /**
   * Sends a command and returns the answer.
   *
   * @param extra Milliseconds that the command itself waits, added to the timeout.
   */
  send<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    extra?: number,
  ): Promise<Commands[C]["answer"]>;
}

/** Sends commands to an implementation that may not answer. */
export class CommandClient implements CommandSender {
  /** The implementation. */
  readonly implementation: Implementation;
  readonly #timeout: number;
  readonly #signal: AbortSignal | undefined;

  /**
   * Creates a client.
   *
   * @param timeout How long an answer may take, in milliseconds.
   * @param signal Ends all waiting.
   */
  constructor(
    implementation: Implementation,
    timeout: number,
    signal?: AbortSignal,
  ) {
    this.implementation = implementation;
    this.#timeout = timeout;
    this.#signal = signal;
  }

  /**
   * Sends a command and returns the answer.
   *
   * @param extra Milliseconds that the command itself waits, added to the timeout.
   * @throws {SkippedError} If the implementation does not support the command.
   * @throws {AdapterError} If the command fails, or is not answered in time.
   */
  async send<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
    extra = 0,
  ): Promise<Commands[C]["answer"]> {
    try {
      return await withTimeout(
        this.implementation.ask(command, args),
        this.#timeout + extra,
        `wait for the answer to ${command}`,
        this.#signal,
      );
    } catch (error) {
      if (!(error instanceof TooLateError)) throw error;
      throw new AdapterError(error.message, { cause: error });
    }
  }
}
