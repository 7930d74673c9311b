/**
 * What every command of the program is.
 *
 * @module
 */

/** Where a command reads and writes, apart from files. */
export interface Terminal {
  /** Writes a result. */
  readonly out: (text: string) => void;
  /** Writes what is not the result. */
  readonly err: (text: string) => void;
  /** Writes over the last line, where standard error is a terminal. */
  readonly progress?: ((line: string) => void) | undefined;
  /** Aborted when somebody wants it to end. */
  readonly signal: AbortSignal;
}

/** One command of the program. */
export interface Command {
  readonly name: string;
  /** What it does, in a few words. */
  readonly summary: string;
  /** Its arguments and options, for humans. */
  readonly help: string;
  /** Does it, and gives the exit status. */
  readonly run: (
    args: readonly string[],
    terminal: Terminal,
  ) => Promise<number>;
}

/** Thrown when the arguments of a command are wrong. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/**
 * Carries out a command, or tells of it when it is asked for help. Gives the exit status: 2 when the
 * arguments are wrong, else that of the command.
 */
export async function carryOut(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    terminal.out(`${command.help}\n`);
    return 0;
  }
  try {
    return await command.run(args, terminal);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    terminal.err(`Cannot ${command.name}: ${error.message}\n`);
    return 2;
  }
}

/** What went wrong, for humans. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
