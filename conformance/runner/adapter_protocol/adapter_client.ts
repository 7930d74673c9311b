/**
 * The runner's side of the adapter protocol: an implementation behind lines of
 * JSON.
 *
 * @module
 */

import {
  AdapterError,
  type CommandName,
  type Commands,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { LineWriter, readLines } from "./lines.ts";
import { fields } from "./_shape.ts";
import { ANSWERS, DESCRIPTION_WORDS, toLine } from "./command_shapes.ts";
import { quoteValue } from "../shorten.ts";

/** Options of the client of an adapter. */
export interface AdapterOptions {
  /**
   * The maximum duration of a command in milliseconds, added to its `timeout`;
   * 10,000 by default.
   */
  readonly answerTimeout?: number;
  /**
   * The same for `start`, which may come before the program has loaded;
   * `answerTimeout` by default.
   */
  readonly startTimeout?: number;
  /** Whether unknown fields in answers are errors; `false` by default. */
  readonly strict?: boolean;
  /**
   * Whether the answer to `start` can have unknown roles, transports, operations
   * and features; `false` by default, since a misspelt one leaves out cases.
   */
  readonly allowUnknown?: boolean;
}

/** The streams of an adapter, and its process if it has one. */
export interface AdapterStreams {
  /** The output of the adapter. */
  readonly readable: ReadableStream<Uint8Array>;
  /** The input of the adapter. */
  readonly writable: WritableStream<Uint8Array>;
  /** Resolves when the process exits, with how: `it exited with status 1`. */
  readonly exited?: Promise<string>;
  /** Returns the last lines of standard error. */
  readonly stderrTail?: () => readonly string[];
  /** Ends the adapter at once. */
  readonly kill?: () => void;
  /** Reads no more of standard error, which a program that the adapter has started may keep open. */
  readonly cancelStderr?: () => void;
  /** The process ID. */
  readonly pid?: number;
}

/**
 * Thrown if an adapter violates the adapter protocol: a defect of the adapter,
 * not of what it drives.
 */
export class BrokenAdapterError extends AdapterError {
  /** Creates an error. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, fatal: true });
  }
}

/** How long an adapter may take to stop and to exit, in milliseconds. */
const EXIT_TIMEOUT = 2_000;

/** How much of a malformed line an error quotes, in characters. */
const QUOTED = 200;

interface PendingCommand {
  readonly command: CommandName;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** An implementation behind an adapter. */
export class AdapterClient implements Implementation {
  readonly ended: Promise<string>;
  readonly pid?: number;
  readonly #streams: AdapterStreams;
  readonly #writer: LineWriter;
  readonly #answerTimeout: number;
  readonly #startTimeout: number;
  readonly #strict: boolean;
  readonly #allowUnknown: boolean;
  readonly #pending = new Map<number, PendingCommand>();
  readonly #resolveEnded: (how: string) => void;
  readonly #read: Promise<void>;
  readonly #outputCancelled = new AbortController();
  #seq = 0;
  #hasAnswered = false;
  /** Why the adapter takes no more commands, once that is known in full. */
  #failure: Promise<AdapterError> | undefined;
  #disposed: Promise<void> | undefined;

  /** Creates a client, which owns the streams from then on. */
  constructor(streams: AdapterStreams, options: AdapterOptions = {}) {
    this.#streams = streams;
    if (streams.pid !== undefined) this.pid = streams.pid;
    this.#writer = new LineWriter(streams.writable);
    this.#answerTimeout = options.answerTimeout ?? 10_000;
    this.#startTimeout = options.startTimeout ?? this.#answerTimeout;
    this.#strict = options.strict ?? false;
    this.#allowUnknown = options.allowUnknown ?? false;
    ({ promise: this.ended, resolve: this.#resolveEnded } = Promise
      .withResolvers<string>());
    this.#read = this.#readAll();
  }

  ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    if (this.#failure !== undefined) {
      return this.#failure.then((error) => Promise.reject(error));
    }
    const seq = ++this.#seq;
    const { promise, resolve, reject } = Promise.withResolvers<
      Commands[C]["answer"]
    >();
    const { timeout = 0 } = args as { readonly timeout?: number };
    const total = timeout +
      (command === "start" ? this.#startTimeout : this.#answerTimeout);
    const timer = setTimeout(
      () =>
        this.#fail(`no answer to ${command} (seq ${seq}) in ${total} ms`, {
          hint: this.#hasAnswered
            ? "--timeout-scale gives it more time"
            : "an answer is a line, and is flushed as soon as it is written",
        }),
      total,
    );
    this.#pending.set(seq, {
      command,
      resolve: resolve as (answer: unknown) => void,
      reject,
      timer,
    });
    // If it cannot be written, the end of the output shows why.
    this.#writer.write(toLine({ seq, command, ...args })).catch(() => {});
    return promise;
  }

  /** Sends `stop`, and ends the adapter if it does not exit. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    if (this.#failure === undefined) {
      const stopped = this.ask("stop", {}).catch(() => {});
      await within(stopped, EXIT_TIMEOUT);
      this.#fail("it was stopped");
    }
    await within(this.#writer.close(), EXIT_TIMEOUT);
    const { exited, kill, cancelStderr } = this.#streams;
    if (!await within(exited ?? this.#read, EXIT_TIMEOUT)) kill?.();
    const ended = Promise.all([exited, this.#read]);
    if (!await within(ended, EXIT_TIMEOUT)) {
      this.#outputCancelled.abort();
      cancelStderr?.();
    }
    await ended;
  }

  async #readAll(): Promise<void> {
    try {
      for await (
        const line of readLines(
          this.#streams.readable,
          this.#outputCancelled.signal,
        )
      ) {
        this.#take(line);
      }
    } catch (cause) {
      this.#fail("its output cannot be read", { cause });
    }
    const { exited } = this.#streams;
    let how = this.#disposed === undefined
      ? "it closed its output"
      : "it was stopped";
    if (exited !== undefined && this.#disposed === undefined) {
      await within(exited.then((text) => how = text), EXIT_TIMEOUT);
    }
    this.#fail(how);
  }

  #take(line: string): void {
    if (line.trim() === "" || this.#failure !== undefined) return;
    let seq: unknown;
    try {
      const answer = fields(parsed(line), "");
      seq = answer.seq;
      const pending = this.#pending.get(seq as number);
      if (pending === undefined) return this.#unexpected(answer, line);
      const settle = this.#settlement(pending, answer);
      this.#pending.delete(seq as number);
      this.#hasAnswered = true;
      clearTimeout(pending.timer);
      settle();
    } catch (cause) {
      const about = this.#pending.get(seq as number)?.command;
      this.#break(
        about === undefined
          ? `its output is no answer: ${reason(cause)}`
          : `its answer to ${about} is malformed: ${reason(cause)}`,
        line,
        cause instanceof SyntaxError
          ? "other output belongs on standard error"
          : cause instanceof UnknownWordError
          ? "--allow-unknown accepts unknown words"
          : undefined,
      );
    }
  }

  /**
   * Returns what an answer does to its command; throws if the answer is
   * malformed.
   */
  #settlement(
    { command, resolve, reject }: PendingCommand,
    { seq: _, ...answer }: Readonly<Record<string, unknown>>,
  ): () => void {
    if (answer.skipped !== undefined) {
      const { reason, issue } = fields(answer.skipped, "/skipped");
      return () =>
        reject(
          new SkippedError(
            textOf(reason),
            typeof issue === "string" ? issue : undefined,
          ),
        );
    }
    if (answer.errored !== undefined) {
      const { message } = fields(answer.errored, "/errored");
      const what = command === "start"
        ? "use the adapter: its answer to start is the error"
        : command;
      return () =>
        reject(new AdapterError(`Cannot ${what}: ${textOf(message)}`));
    }
    const read = ANSWERS[command](answer, "", this.#strict);
    if (command === "start" && !this.#allowUnknown) checkWords(answer);
    return () => resolve(read);
  }

  #unexpected(
    { seq, errored }: Readonly<Record<string, unknown>>,
    line: string,
  ): void {
    if (seq === null && errored !== undefined) {
      const { message } = fields(errored, "/errored");
      return this.#break(`it could not read a command: ${textOf(message)}`);
    }
    const wanted = [...this.#pending.keys()].join(" or ");
    const isAgain = Number.isInteger(seq) && Number(seq) >= 1 &&
      Number(seq) <= this.#seq;
    this.#break(
      `${
        seq === undefined
          ? "its answer has no seq"
          : `it answered seq ${quoteValue(seq)}${isAgain ? " again" : ""}`
      }, wanted ${wanted || "no answer, as no command is pending"}`,
      line,
    );
  }

  /**
   * Ends an adapter that violates the protocol: nothing that it sends can be
   * trusted.
   */
  #break(what: string, line?: string, hint?: string): void {
    const quoted = line !== undefined && line.length > QUOTED
      ? `${line.slice(0, QUOTED)}…`
      : line;
    this.#end(
      what,
      (message) =>
        new BrokenAdapterError(
          message + (quoted === undefined ? "" : `\n  its line: ${quoted}`) +
            below(hint),
        ),
    );
  }

  #fail(
    what: string,
    { cause, hint }: { readonly cause?: unknown; readonly hint?: string } = {},
  ): void {
    this.#end(
      what,
      (message) =>
        new AdapterError(message + below(hint), { fatal: true, cause }),
    );
  }

  #end(what: string, makeError: (message: string) => AdapterError): void {
    if (this.#failure !== undefined) return;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { timer } of pending) clearTimeout(timer);
    const commands = [...new Set(pending.map(({ command }) => command))];
    const isUnasked = this.#disposed === undefined;
    this.#failure = this.#lastWords(isUnasked).then((words) =>
      makeError(
        `Cannot use the adapter: ${what}` +
          (commands.length === 0
            ? ""
            : `, while ${commands.join(", ")} was pending`) +
          (words.length === 0 ? "" : "; its standard error ends with") +
          words.map((word) => `\n  ${word}`).join(""),
      )
    );
    void this.#failure.then((error) => {
      if (isUnasked) this.#resolveEnded(error.message);
      for (const { reject } of pending) reject(error);
    });
  }

  /**
   * Returns the last lines of standard error, after the process has exited, so
   * that none is missing.
   */
  async #lastWords(isUnasked: boolean): Promise<readonly string[]> {
    const { kill, exited, stderrTail } = this.#streams;
    if (isUnasked) {
      kill?.();
      if (exited !== undefined) await within(exited, EXIT_TIMEOUT);
    }
    return stderrTail?.() ?? [];
  }
}

/** Returns a hint as a line below a message. */
function below(hint: string | undefined): string {
  return hint === undefined ? "" : `\n  ${hint}`;
}

/** Returns whether a promise settles within `time` milliseconds. */
async function within(
  promise: Promise<unknown>,
  time: number,
): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<false>();
  const timer = setTimeout(resolve, time, false);
  try {
    return await Promise.race([promise.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Thrown if the answer to `start` has an unknown word. */
class UnknownWordError extends Error {}

function checkWords(answer: unknown): void {
  try {
    DESCRIPTION_WORDS(answer, "", false);
  } catch (cause) {
    throw new UnknownWordError(reason(cause), { cause });
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError("it is not JSON", { cause });
  }
}

function textOf(value: unknown): string {
  return typeof value === "string"
    ? value
    : JSON.stringify(value) ?? "no reason";
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
