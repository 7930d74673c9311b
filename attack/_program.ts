/**
 * Starts the programs of an attack, and reads what they cost.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";

/** The time that a program has to start or end, in milliseconds. */
const TIMEOUT = 20_000;

/** What a process uses. */
export interface Usage {
  /** Memory that is resident, in bytes. */
  readonly memory: number;
  /** The number of open files. */
  readonly files: number;
}

/** A program of this folder, in another process. Its input tells it when to end. */
export class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stderr: Promise<string>;
  #hasExited = false;
  #inputEnded: Promise<void> | undefined;

  /** Starts a program. `heap` bounds its heap, in MiB. */
  constructor(name: string, args: readonly string[], heap?: number) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--no-check",
        "--allow-all",
        ...(heap === undefined
          ? []
          : [`--v8-flags=--max-old-space-size=${heap}`]),
        new URL(name, import.meta.url).href,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    void this.#process.status.then(() => this.#hasExited = true);
    this.#stderr = new Response(this.#process.stderr).text();
    this.#lines = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /** Whether the process has ended. */
  get hasExited(): boolean {
    return this.#hasExited;
  }

  /** What the process has written to stderr, once it has ended. */
  get stderr(): Promise<string> {
    return this.#stderr;
  }

  /**
   * Returns the next line that it prints.
   *
   * @throws {Error} If it ends or takes too long.
   */
  async nextLine(): Promise<string> {
    const timer = setTimeout(() => this.#kill(), TIMEOUT);
    const { value } = await this.#lines.read();
    clearTimeout(timer);
    if (value !== undefined) return value;
    throw new Error(
      `Cannot read from the program: it ended. ${await this.#stderr}`,
    );
  }

  /** Reads what the process uses; only Linux tells. */
  async usage(): Promise<Usage> {
    const folder = `/proc/${this.#process.pid}`;
    const status = await Deno.readTextFile(`${folder}/status`);
    const kibibytes = Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN);
    const files = await Array.fromAsync(Deno.readDir(`${folder}/fd`));
    return { memory: kibibytes * 1024, files: files.length };
  }

  /** Ends its input, so that it ends its work. */
  endInput(): Promise<void> {
    return this.#inputEnded ??= this.#process.stdin.close().catch(() => {});
  }

  /** Ends its input and waits for it to end; kills it if it does not. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#kill(), TIMEOUT);
    await this.endInput();
    await this.#process.status;
    clearTimeout(timer);
    await this.#lines.cancel();
    await this.#stderr;
  }

  #kill(): void {
    if (!this.#hasExited) this.#process.kill("SIGKILL");
  }
}
