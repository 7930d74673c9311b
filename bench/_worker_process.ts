/**
 * Starts and controls the worker processes of the benchmark.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import type { Answer, Figures, Work } from "./_work.ts";

/** The maximum duration of one unit of work, in milliseconds. */
const WORK_TIMEOUT = 60_000;

/**
 * The time that a process has to exit after its stdin ends, in milliseconds.
 */
const EXIT_TIMEOUT = 2_000;

/** The command that starts a process. */
export interface Program {
  readonly command: string | URL;
  readonly args: readonly string[];
}

/** A worker process: the client or the server of the measured connections. */
export class WorkerProcess implements AsyncDisposable {
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

  /**
   * Sends work to the process and waits for the figures. Only one call may be
   * pending at a time.
   *
   * @throws {Error} If the work fails or takes too long, or the process ends.
   */
  async perform(work: Work): Promise<Figures> {
    await this.#stdin.write(
      new TextEncoder().encode(`${JSON.stringify(work)}\n`),
    );
    const timer = setTimeout(() => this.#kill(), WORK_TIMEOUT);
    const { value } = await this.#answers.read();
    clearTimeout(timer);
    if (value === undefined) {
      throw new Error(
        `Cannot perform ${work.kind}: the process ended, wanted an answer within ${WORK_TIMEOUT} ms`,
      );
    }
    const answer: Answer = JSON.parse(value);
    if ("error" in answer) throw new Error(answer.error);
    return answer.figures;
  }

  /**
   * Ends stdin of the process and waits for it to exit; kills it if it does not
   * exit soon.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    const timer = setTimeout(() => this.#kill(), EXIT_TIMEOUT);
    await this.#stdin.close().catch(() => {});
    await this.#process.status;
    clearTimeout(timer);
    await this.#answers.cancel();
  }

  #kill(): void {
    this.#process.kill("SIGKILL");
  }
}
