/**
 * Processes that talk with the one that started them in lines of JSON.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";

/** Ends the process when the signal of a pipe's end, or an error, arrives. */
export class Child implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #lines: ReadableStreamDefaultReader<string>;

  /** Starts a program of this folder. */
  constructor(program: string, ...args: string[]) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-all",
        "--no-check",
        "--unstable-net",
        new URL(program, import.meta.url).href,
        ...args,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#lines = this.#process.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** Sends a value, and waits for the next that the process prints. */
  async ask<Answer>(value: unknown): Promise<Answer> {
    const line = `${JSON.stringify(value)}\n`;
    await this.#stdin.write(new TextEncoder().encode(line));
    const { value: answer } = await this.#lines.read();
    if (answer === undefined) throw new Error("A process has ended");
    return JSON.parse(answer);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#process.status;
    await this.#lines.cancel();
    await this.#stdin.abort().catch(() => {});
  }
}

/** Answers each value that arrives on the standard input, one after another. */
export async function answer(
  perform: (value: never) => Promise<unknown>,
): Promise<void> {
  const lines = Deno.stdin.readable.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  for await (const line of lines) {
    console.log(JSON.stringify(await perform(JSON.parse(line) as never)));
  }
}
