/**
 * The commands of the program.
 *
 * @module
 */

import { printable } from "../printable.ts";
import { hasNoReader, interruptedStatus } from "./interrupted.ts";

/** The terminal of a command. */
export interface Terminal {
  /** Writes a result. */
  readonly out: (text: string) => void;
  /** Writes an error or a remark. */
  readonly err: (text: string) => void;
  /** Overwrites the line of progress, or removes it if the text is empty; absent if standard error is not a terminal. */
  readonly progress?: ((line: string) => void) | undefined;
  /** Aborted when the command must end. */
  readonly signal: AbortSignal;
}

/** The name of a command of the suite. */
export type CommandName =
  | "run"
  | "list"
  | "show"
  | "report"
  | "update-known"
  | "init"
  | "serve"
  | "dial"
  | "bundle"
  | "copy"
  | "lint"
  | "matrix";

/** A command. */
export interface Command {
  /** What the command does, in errors: `Cannot run: …`. */
  readonly name: string;
  /** What the command does, in a few words. */
  readonly summary: string;
  /** The help text. */
  readonly help: string;
  /** Runs the command and returns the exit status. */
  readonly run: (
    args: readonly string[],
    terminal: Terminal,
  ) => Promise<number>;
}

/** Thrown if the arguments of a command are wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Thrown if there are too few or too many words besides options. The usage is shown with it. */
export class WordsError extends UsageError {}

/**
 * Runs a command, or prints its help text.
 *
 * @returns The exit status: 2 if the arguments are wrong, that of the interrupt if the command ended with its
 * reason, else that of the command.
 */
export async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    terminal.out(`${command.help}\n`);
    return 0;
  }
  try {
    const status = await command.run(args, terminal);
    const { signal } = terminal;
    return hasNoReader(signal) ? interruptedStatus(signal) : status;
  } catch (error) {
    const { signal } = terminal;
    if (signal.aborted && error === signal.reason) {
      terminal.err("Interrupted\n");
      return interruptedStatus(signal);
    }
    if (!(error instanceof UsageError)) throw error;
    const [usage] = command.help.split("\n", 1);
    const shown = error instanceof WordsError ? `${usage}\n` : "";
    const why = messageOf(error).replace(/^Cannot /, "cannot ");
    terminal.err(`Cannot ${command.name}: ${why}\n${shown}`);
    return 2;
  } finally {
    terminal.progress?.("");
  }
}

/** Returns the exit status of work of which a part is missing if it was interrupted, and says so. */
export function unlessInterrupted(
  status: number,
  { signal, err }: Pick<Terminal, "signal" | "err">,
): number {
  if (!signal.aborted) return status;
  err("Interrupted: the results are not complete\n");
  return interruptedStatus(signal);
}

/** Returns the message of an error, which may quote a remote side. */
export function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return printable(message.replace(OPERATION_OF_RUNTIME, "$1"));
}

/** The end of an error of the system, to which the runtime adds its operation and the path: the text around it names the path. */
const OPERATION_OF_RUNTIME = /( \(os error \d+\)): \w+ '.*'$/s;
