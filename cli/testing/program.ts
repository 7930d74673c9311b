/**
 * The program as a child process.
 *
 * @module
 */

/** The maximum time that a program runs, in milliseconds: no test waits longer. */
const TIMEOUT = 60_000;

const MAIN = new URL("../main.ts", import.meta.url).pathname;

/** How a program ended. */
export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** How to run the program. */
export interface RunOptions {
  /** What standard input holds; nothing by default. */
  readonly input?: string | Uint8Array;
  readonly env?: Record<string, string>;
}

function command(
  args: readonly string[],
  options: Deno.CommandOptions,
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", MAIN, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
    ...options,
  });
}

/** Runs the program to its end. */
export async function gotalk(
  args: readonly string[],
  { input = "", env = {} }: RunOptions = {},
): Promise<Ended> {
  const child = command(args, { env }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT);
  const ended = child.output();
  const bytes = typeof input === "string"
    ? new TextEncoder().encode(input)
    : input;
  const writer = child.stdin.getWriter();
  try {
    await writer.write(bytes);
    await writer.close();
  } catch {
    // It ended without reading.
  }
  const output = await ended;
  clearTimeout(timer);
  return endedWith(output);
}

/** Runs the program with what a shell makes its standard input: a file, or a folder. */
export async function gotalkFrom(
  path: string,
  args: readonly string[],
): Promise<Ended> {
  const run = [Deno.execPath(), "run", "--allow-all", "--no-check", MAIN];
  const command = new Deno.Command("sh", {
    args: ["-c", 'exec "$@" < "$0"', path, ...run, ...args],
  });
  return endedWith(await command.output());
}

function endedWith({ code, stdout, stderr }: Deno.CommandOutput): Ended {
  const decoder = new TextDecoder();
  return {
    status: code,
    out: decoder.decode(stdout),
    err: decoder.decode(stderr),
  };
}

/** A program that runs. Disposing of it ends it. */
export class RunningProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #timer: ReturnType<typeof setTimeout>;
  #text = "";

  /** Starts the program. */
  constructor(args: readonly string[], env: Record<string, string> = {}) {
    this.#child = command(args, { env, stderr: "inherit" }).spawn();
    this.#timer = setTimeout(() => this.#child.kill("SIGKILL"), TIMEOUT);
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout
      .pipeThrough(new TextDecoderStream() as never)
      .getReader() as ReadableStreamDefaultReader<string>;
  }

  /** Returns the next line of its output, or `undefined` at the end. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const { done, value } = await this.#output.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  /** Writes to its standard input. */
  async write(text: string): Promise<void> {
    await this.#input.write(new TextEncoder().encode(text));
  }

  /** Ends its standard input. */
  async end(): Promise<void> {
    await this.#input.close();
  }

  /** Closes its standard output, which nobody reads any more. */
  async stopReading(): Promise<void> {
    await this.#output.cancel();
  }

  /** Interrupts it, as Ctrl-C does, and returns its exit status. */
  async interrupt(): Promise<number> {
    return await this.signal("SIGINT");
  }

  /** Sends it a signal, and returns its exit status. */
  async signal(signal: Deno.Signal): Promise<number> {
    this.#child.kill(signal);
    return await this.status();
  }

  /** Returns its exit status, once it has ended. */
  async status(): Promise<number> {
    while (await this.line() !== undefined);
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#timer);
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#input.close().catch(() => {});
    await this.status();
    this.#output.releaseLock();
  }
}
