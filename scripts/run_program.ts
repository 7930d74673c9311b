/**
 * Runs the programs that tests use.
 *
 * @module
 */

/** What a program has printed, and its exit status. */
export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Where and how a program runs. */
export interface RunningOptions {
  /** The folder in which it runs; the present one by default. */
  readonly cwd?: string | URL;
  /** Variables that it has besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs a program to its end, without colours and without input. */
export async function runProgram(
  [program, ...args]: readonly [string, ...string[]],
  { cwd, env }: RunningOptions = {},
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    env: { NO_COLOR: "1", npm_config_update_notifier: "false", ...env },
    ...cwd === undefined ? {} : { cwd },
  }).output();
  const decoder = new TextDecoder();
  return {
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

/**
 * Runs a program that has to succeed, and returns what it prints.
 *
 * @throws {Error} If its status is not 0, with all that it has printed.
 */
export async function outputOf(
  command: readonly [string, ...string[]],
  options?: RunningOptions,
): Promise<string> {
  const { status, out, err } = await runProgram(command, options);
  if (status === 0) return out;
  throw new Error(
    `Cannot run ${command.join(" ")}: got status ${status}\n${out}\n${err}`,
  );
}
