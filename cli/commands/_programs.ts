/**
 * Programs that answer requests.
 *
 * @module
 */

import { OperationError, type RequestContext } from "@gotalk/gotalk";

/** The most bytes that a program may answer a single request with. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * Runs programs, a limited number of them at once. Disposing of it ends those that
 * run, and resolves when they have ended.
 */
export class Programs implements AsyncDisposable {
  /** Those that wait for their turn: each learns whether it has come. */
  readonly #waiting: ((isTurn: boolean) => void)[] = [];
  readonly #running = new Set<Deno.ChildProcess>();
  /** Those that were told to end: each resolves when it has. */
  readonly #ending = new Set<Promise<void>>();
  readonly #grace: number;
  readonly #note: (line: string) => void;
  #free: number;
  #isOver = false;
  #hasNoted = false;

  /**
   * Creates it for `jobs` programs at once; more wait.
   *
   * @param grace How long a program that is told to end may take, in milliseconds.
   * @param note Called once if what a program has started cannot be ended.
   */
  constructor(jobs: number, grace: number, note: (line: string) => void) {
    this.#free = jobs;
    this.#grace = grace;
    this.#note = note;
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
      this.#running.delete(process);
      if (success) return output;
      throw failure(code, output);
    } finally {
      this.#end(process);
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
    return this.#output(process);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const refuse of this.#waiting.splice(0)) refuse(false);
    for (const process of this.#running) this.#end(process);
    await Promise.all(this.#ending);
  }

  async *#output(
    process: Deno.ChildProcess,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    try {
      yield* process.stdout;
      const { success, code } = await process.status;
      this.#running.delete(process);
      if (!success) throw failure(code);
    } finally {
      this.#end(process);
    }
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
    signal.addEventListener("abort", () => this.#end(process), { once: true });
    void process.status.then(() => this.#leave());
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

  /** Ends a program, unless it has ended and nothing of it writes. */
  #end(process: Deno.ChildProcess): void {
    if (!this.#running.delete(process)) return;
    const ending = this.#endGroup(process);
    this.#ending.add(ending);
    void ending.then(() => this.#ending.delete(ending));
  }

  /** Ends a program with its group, or alone without the permission for that. */
  async #endGroup(process: Deno.ChildProcess): Promise<void> {
    try {
      await end(process, this.#grace);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotCapable)) throw error;
      if (!this.#hasNoted) this.#note(NOT_CAPABLE);
      this.#hasNoted = true;
      await endAlone(process, this.#grace);
    }
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

const [LF, CR] = [0x0a, 0x0d];

/**
 * Returns the error for a program that failed: what it wrote, without the end of
 * its last line, or its exit status.
 */
function failure(
  code: number,
  output = new Uint8Array(),
): OperationError {
  const status = `exit status ${code}`;
  let end = output.length;
  if (output[end - 1] === LF && output[--end - 1] === CR) end--;
  return end === 0
    ? new OperationError(status)
    : new OperationError(status, { payload: output.subarray(0, end) });
}

/** Returns the command that runs a program in a shell, in a process group of its own. */
function shell(program: string, env: Record<string, string>): Deno.Command {
  const isWindows = Deno.build.os === "windows";
  return new Deno.Command(isWindows ? "cmd" : "sh", {
    args: [isWindows ? "/C" : "-c", program],
    env,
    detached: !isWindows,
    stdin: "piped",
    stdout: "piped",
    // What it writes to standard error is for who runs the server.
    stderr: "inherit",
  });
}

/** The longest time between two looks at programs that are to end, in milliseconds. */
const LONGEST_WAIT = 100;

/**
 * Ends a program and all that it has started: what has not ended in time, since it
 * ignores the signal, is killed.
 */
async function end(process: Deno.ChildProcess, grace: number): Promise<void> {
  if (Deno.build.os === "windows") return void signal(process.pid, "SIGTERM");
  const group = -process.pid;
  const began = performance.now();
  let isAlive = signal(group, "SIGTERM");
  // The system does not tell when the last process of a group has ended.
  for (let wait = 1; isAlive; wait = Math.min(2 * wait, LONGEST_WAIT)) {
    const left = began + grace - performance.now();
    if (left <= 0) return void signal(group, "SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, Math.min(wait, left)));
    isAlive = signal(group, NO_SIGNAL);
  }
}

/** What is said once without that permission. */
const NOT_CAPABLE =
  "Programs are ended without what they have started: to end that too needs --allow-run without a list";

/** Ends a program, but nothing that it has started. */
async function endAlone(
  process: Deno.ChildProcess,
  grace: number,
): Promise<void> {
  const tell = (name: Deno.Signal) => {
    try {
      process.kill(name);
    } catch {
      // It has ended.
    }
  };
  tell("SIGTERM");
  const timer = setTimeout(tell, grace, "SIGKILL");
  await process.status;
  clearTimeout(timer);
}

/** Only asks whether there is somebody to signal; the types lack it. */
const NO_SIGNAL = 0 as unknown as Deno.Signal;

/**
 * Sends a signal, and returns whether there was somebody to signal.
 *
 * @throws {Deno.errors.NotCapable} Without the permission to run every program.
 */
function signal(pid: number, name: Deno.Signal): boolean {
  try {
    Deno.kill(pid, name);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}
