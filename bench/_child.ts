/**
 * Processes that talk with the one that started them in lines of JSON.
 *
 * @module
 */

import { cpuUsage } from "node:process";
import { TextLineStream } from "@std/streams";

/** A process. Disposing of it kills it. */
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

/** Returns the processor time that this process has used, in milliseconds. */
export function processorTime(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1000;
}

/** Several processes of the same program. */
export class Children implements AsyncDisposable {
  readonly #children: readonly Child[];

  /** Starts the processes. */
  constructor(program: string, count: number) {
    this.#children = Array.from({ length: count }, () => new Child(program));
  }

  /** Sends a value to all of them, and waits for their answers. */
  ask<Answer>(value: unknown): Promise<Answer[]> {
    return Promise.all(this.#children.map((child) => child.ask<Answer>(value)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) await child[Symbol.asyncDispose]();
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
