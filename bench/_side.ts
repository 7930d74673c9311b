/**
 * The outer side of a process of the harness.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import type { Answer, Figures, Work } from "./_work.ts";

/** How long a piece of work may take, in milliseconds. */
const PATIENCE = 60_000;

/** How long a process may take to end by itself, in milliseconds. */
const FAREWELL = 2_000;

/** How a process is started. */
export interface Program {
  readonly command: string | URL;
  readonly args: readonly string[];
}

/** A process that does work: one side of the connections that are measured. */
export class Side implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: ReadableStreamDefaultReader<string>;

  /** Starts the process. Needs permission to run the program. */
  constructor({ command, args }: Program) {
    this.#process = new Deno.Command(command, {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#stdin = this.#process.stdin.getWriter();
    this.#answers = this.#process.stdout
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream())
      .getReader();
  }

  /** Has work done, one piece at a time. Rejects when it fails, takes too long, or the process ends. */
  async perform(work: Work): Promise<Figures> {
    await this.#stdin.write(
      new TextEncoder().encode(`${JSON.stringify(work)}\n`),
    );
    const timer = setTimeout(() => this.#kill(), PATIENCE);
    const { value } = await this.#answers.read();
    clearTimeout(timer);
    if (value === undefined) {
      throw new Error(
        `Cannot do ${work.kind}: the process ended, wanted an answer within ${PATIENCE} ms`,
      );
    }
    const answer: Answer = JSON.parse(value);
    if ("error" in answer) throw new Error(answer.error);
    return answer.figures;
  }

  /** Ends the process: by the end of its stdin, or by force if that does not help. */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#kill(), FAREWELL);
    await this.#stdin.close().catch(() => {});
    await this.#process.status;
    clearTimeout(timer);
    await this.#answers.cancel();
  }

  #kill(): void {
    this.#process.kill("SIGKILL");
  }
}
