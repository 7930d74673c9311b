/**
 * Programs that answer requests.
 *
 * @module
 */

import { OperationError, type RequestContext } from "@gotalk/gotalk";

/** The most bytes that a program may answer a single request with. */
const MOST_BYTES = 64 * 1024 * 1024;

/** Runs programs, a limited number of them at once. Disposing of it ends those that run. */
export class Programs implements Disposable {
  /** Those that wait for their turn: each learns whether it has come. */
  readonly #waiting: ((isTurn: boolean) => void)[] = [];
  readonly #running = new Set<Deno.ChildProcess>();
  #free: number;
  #isOver = false;

  /** Creates it for `jobs` programs at once; more wait. */
  constructor(jobs: number) {
    this.#free = jobs;
  }

  /** Runs a program with a payload, and returns what it writes. */
  async answer(
    program: string,
    payload: Uint8Array<ArrayBuffer>,
    context: RequestContext,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const process = await this.#start(program, context);
    send(new Blob([payload]).stream(), process);
    try {
      const output = await collect(process.stdout);
      const { success, code } = await process.status;
      if (success) return output;
      throw failure(code, output);
    } finally {
      end(process);
    }
  }

  /** Runs a program with a stream, and returns what it writes, as it does. */
  async stream(
    program: string,
    parts: ReadableStream<Uint8Array<ArrayBuffer>>,
    context: RequestContext,
  ): Promise<AsyncIterable<Uint8Array<ArrayBuffer>>> {
    const process = await this.#start(program, context);
    send(parts, process);
    return output(process);
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    for (const refuse of this.#waiting.splice(0)) refuse(false);
    for (const process of this.#running) end(process);
  }

  /** Starts a program once it is its turn. It ends with the request. */
  async #start(
    program: string,
    { operation, peer, signal }: RequestContext,
  ): Promise<Deno.ChildProcess> {
    await this.#turn();
    let process: Deno.ChildProcess;
    try {
      signal.throwIfAborted();
      process = shell(program, {
        GOTALK_OPERATION: operation,
        GOTALK_REMOTE: peer.info?.remote ?? "",
      }).spawn();
    } catch (error) {
      this.#leave();
      throw error;
    }
    this.#running.add(process);
    const abort = () => end(process);
    signal.addEventListener("abort", abort, { once: true });
    void process.status.then(() => {
      signal.removeEventListener("abort", abort);
      this.#running.delete(process);
      this.#leave();
    });
    return process;
  }

  /** Waits until a program may run. */
  async #turn(): Promise<void> {
    let isTurn = !this.#isOver;
    if (isTurn && this.#free > 0) this.#free--;
    else if (isTurn) {
      isTurn = await new Promise((resolve) => this.#waiting.push(resolve));
    }
    if (!isTurn) throw new OperationError("the server is shutting down");
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next(true);
  }
}

function send(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  process: Deno.ChildProcess,
): void {
  stream.pipeTo(process.stdin).catch(
    () => {/* It does not read everything. */},
  );
}

async function* output(
  process: Deno.ChildProcess,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  try {
    yield* process.stdout;
    const { success, code } = await process.status;
    if (!success) throw failure(code);
  } finally {
    end(process);
  }
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) throw new OperationError("the answer is too large");
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Returns the error for a program that failed: what it wrote, or its exit status. */
function failure(
  code: number,
  output = new Uint8Array(),
): OperationError {
  const status = `exit status ${code}`;
  return output.length === 0
    ? new OperationError(status)
    : new OperationError(status, { payload: output });
}

/** Returns the command that runs a program in a shell. */
function shell(program: string, env: Record<string, string>): Deno.Command {
  const isWindows = Deno.build.os === "windows";
  return new Deno.Command(isWindows ? "cmd" : "sh", {
    args: [isWindows ? "/C" : "-c", program],
    env,
    stdin: "piped",
    stdout: "piped",
    // What it writes to standard error is for who runs the server.
    stderr: "inherit",
  });
}

function end(process: Deno.ChildProcess): void {
  try {
    process.kill();
  } catch {
    // It has ended.
  }
}
