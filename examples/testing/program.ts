/**
 * Examples that run in a process of their own during tests.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";

/** An example in a process, which has the network of this machine only. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** What the runtime prints, such as `deno serve` its address. */
  readonly #notices: ReadableStreamDefaultReader<string>;
  readonly #command: "run" | "serve";

  /** Starts the example at `url`. `options` are those of the runtime. */
  constructor(
    url: URL,
    { command = "run", options = [], args = [] }: {
      readonly command?: "run" | "serve";
      readonly options?: readonly string[];
      readonly args?: readonly string[];
    } = {},
  ) {
    this.#command = command;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        command,
        "--no-check",
        "--allow-net=127.0.0.1",
        ...options,
        url.href,
        ...args,
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#notices = linesOf(this.#child.stderr);
  }

  /** Returns the next line that it prints. */
  async line(): Promise<string> {
    const { value = "" } = await this.#lines.read();
    return value;
  }

  /** Returns the address in the next line that it, or `deno serve`, prints. */
  async address(): Promise<string> {
    const source = this.#command === "serve" ? this.#notices : this.#lines;
    const { value = "" } = await source.read();
    const [address = ""] = /\w+:\/\/\S+/.exec(value) ?? [];
    return address;
  }

  /** Requests it to end. */
  terminate(): void {
    this.#child.kill("SIGTERM");
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number> {
    return (await this.#child.status).code;
  }

  /** Ends it, and returns the number of calls in the line that it prints then. */
  async end(): Promise<number> {
    this.terminate();
    const line = await this.line();
    assertEquals(await this.ended(), 0);
    return Number(/\d+/.exec(line)![0]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#lines.cancel();
    await this.#notices.cancel();
  }
}

function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStreamDefaultReader<string> {
  return stream.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
}
