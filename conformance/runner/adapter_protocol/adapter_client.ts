/**
 * Adapters behind lines of JSON: a implementation that is a program, or at the other end of a socket.
 *
 * @module
 */

import type { Channel } from "@gotalk/gotalk/transport";
import { WriteUnits } from "@gotalk/gotalk/transport";
import { connectTcp } from "@gotalk/gotalk/transport/tcp";
import {
  AdapterError,
  type CommandName,
  type Commands,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { LineWriter, readLines } from "./_lines.ts";
import { fields } from "./_shape.ts";
import { ANSWERS, toLine } from "./command_shapes.ts";

/** How an adapter is spoken to. */
export interface AdapterOptions {
  /** Milliseconds that a command may take, beyond what it asks for itself; 10,000 by default. */
  readonly answerTimeout?: number;
  /** Whether fields that no answer has are a fault. */
  readonly strict?: boolean;
}

/** Where lines come from and go to. */
export interface AdapterStreams {
  /** What it says. */
  readonly readable: ReadableStream<Uint8Array>;
  /** Where to say something to it. */
  readonly writable: WritableStream<Uint8Array>;
  /** Resolves when what is at the other end has ended, with how: `it exited with status 1`. */
  readonly gone?: Promise<string>;
  /** What it last said for humans. */
  readonly lastWords?: () => readonly string[];
  /** Ends it at once. */
  readonly kill?: () => void;
  /** The process, where it is one. */
  readonly pid?: number;
}

/** Thrown when an adapter says what no adapter may say: a mistake of the adapter, not of what it drives. */
export class BrokenAdapterError extends AdapterError {
  /** Creates an error. */
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, { ...options, fatal: true });
  }
}

/** How long an adapter may take to end when it was told to, and to say how it ended, in milliseconds. */
const LAST_WISH = 2_000;

interface Question {
  readonly command: CommandName;
  readonly answered: (answer: unknown) => void;
  readonly failed: (error: Error) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** A implementation at the other end of lines of JSON. */
export class AdapterClient implements Implementation {
  readonly ended: Promise<string>;
  readonly pid?: number;
  readonly #ends: AdapterStreams;
  readonly #writer: LineWriter;
  readonly #answerTimeout: number;
  readonly #strict: boolean;
  readonly #questions = new Map<number, Question>();
  readonly #tellEnded: (how: string) => void;
  readonly #read: Promise<void>;
  #seq = 0;
  /** Why nothing can be asked any more, once that is known in full. */
  #over: Promise<AdapterError> | undefined;
  #disposed: Promise<void> | undefined;

  /** Creates a implementation, to which the ends belong from here on. */
  constructor(ends: AdapterStreams, options: AdapterOptions = {}) {
    this.#ends = ends;
    if (ends.pid !== undefined) this.pid = ends.pid;
    this.#writer = new LineWriter(ends.writable);
    this.#answerTimeout = options.answerTimeout ?? 10_000;
    this.#strict = options.strict ?? false;
    ({ promise: this.ended, resolve: this.#tellEnded } = Promise
      .withResolvers<string>());
    this.#read = this.#readAll();
  }

  ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    if (this.#over !== undefined) {
      return this.#over.then((error) => Promise.reject(error));
    }
    const seq = ++this.#seq;
    const { promise, resolve, reject } = Promise.withResolvers<
      Commands[C]["answer"]
    >();
    const { timeout = 0 } = args as { readonly timeout?: number };
    const patience = this.#answerTimeout + timeout;
    const timer = setTimeout(
      () =>
        this.#fail(`no answer to ${command} (seq ${seq}) in ${patience} ms`),
      patience,
    );
    this.#questions.set(seq, {
      command,
      answered: resolve as (answer: unknown) => void,
      failed: reject,
      timer,
    });
    // When it cannot be written, the end of what is read tells why.
    this.#writer.write(toLine({ seq, command, ...args })).catch(() => {});
    return promise;
  }

  /** Tells it to stop, and ends it if it does not. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#disposed ??= this.#dispose();
  }

  async #dispose(): Promise<void> {
    if (this.#over === undefined) {
      const stopped = this.ask("stop", {}).catch(() => {});
      await within(stopped, LAST_WISH);
      this.#fail("it was told to stop");
    }
    await within(this.#writer.close(), LAST_WISH);
    if (!await within(this.#ends.gone ?? this.#read, LAST_WISH)) {
      this.#ends.kill?.();
    }
    await this.#ends.gone;
    await this.#read;
  }

  async #readAll(): Promise<void> {
    try {
      for await (const line of readLines(this.#ends.readable)) {
        this.#take(line);
      }
    } catch (cause) {
      this.#fail("its output cannot be read", cause);
    }
    const { gone } = this.#ends;
    let how = this.#disposed === undefined
      ? "it closed its output"
      : "it was told to stop";
    if (gone !== undefined && this.#disposed === undefined) {
      await within(gone.then((text) => how = text), LAST_WISH);
    }
    this.#fail(how);
  }

  #take(line: string): void {
    if (line.trim() === "" || this.#over !== undefined) return;
    let seq: unknown;
    try {
      const answer = fields(parsed(line), "");
      seq = answer.seq;
      const question = this.#questions.get(seq as number);
      if (question === undefined) return this.#unasked(answer);
      const settle = this.#settled(question, answer);
      this.#questions.delete(seq as number);
      clearTimeout(question.timer);
      settle();
    } catch (cause) {
      const about = this.#questions.get(seq as number)?.command;
      this.#break(
        about === undefined
          ? `its output is no answer: ${reason(cause)}`
          : `its answer to ${about} is malformed: ${reason(cause)}`,
        line,
      );
    }
  }

  /** What an answer does to the question; throws when it is malformed. */
  #settled(
    { command, answered, failed }: Question,
    { seq: _, ...answer }: Readonly<Record<string, unknown>>,
  ): () => void {
    if (answer.skipped !== undefined) {
      const { reason, issue } = fields(answer.skipped, "/skipped");
      return () =>
        failed(
          new SkippedError(
            said(reason),
            typeof issue === "string" ? issue : undefined,
          ),
        );
    }
    if (answer.errored !== undefined) {
      const { message } = fields(answer.errored, "/errored");
      return () =>
        failed(new AdapterError(`Cannot ${command}: ${said(message)}`));
    }
    const read = ANSWERS[command](answer, "", this.#strict);
    return () => answered(read);
  }

  #unasked({ seq, errored }: Readonly<Record<string, unknown>>): void {
    if (seq === null && errored !== undefined) {
      const { message } = fields(errored, "/errored");
      return this.#break(`it could not read a command: ${said(message)}`);
    }
    this.#break(
      `it answered seq ${JSON.stringify(seq)}, wanted ${
        [...this.#questions.keys()].join(" or ") ||
        "no answer, as nothing was asked"
      }`,
    );
  }

  /** The adapter has made a mistake: it is ended, as nothing that it says can be trusted. */
  #break(what: string, line?: string): void {
    const cut = line !== undefined && line.length > 200
      ? `${line.slice(0, 200)}…`
      : line;
    this.#end(
      what,
      (told) =>
        new BrokenAdapterError(
          told + (cut === undefined ? "" : `\n  its line: ${cut}`),
        ),
    );
  }

  #fail(what: string, cause?: unknown): void {
    this.#end(what, (told) => new AdapterError(told, { fatal: true, cause }));
  }

  #end(what: string, make: (told: string) => AdapterError): void {
    if (this.#over !== undefined) return;
    const questions = [...this.#questions.values()];
    this.#questions.clear();
    for (const { timer } of questions) clearTimeout(timer);
    const asked = [...new Set(questions.map(({ command }) => command))];
    const isOwnAccord = this.#disposed === undefined;
    this.#over = this.#heardOut(isOwnAccord).then((words) =>
      make(
        `Cannot ask the adapter: ${what}` +
          (asked.length === 0 ? "" : `, asked for ${asked.join(", ")}`) +
          (words.length === 0 ? "" : "; its standard error ends with") +
          words.map((word) => `\n  ${word}`).join(""),
      )
    );
    void this.#over.then((error) => {
      if (isOwnAccord) this.#tellEnded(error.message);
      for (const { failed } of questions) failed(error);
    });
  }

  /** The last words of the adapter, which is ended first, so that none is missing. */
  async #heardOut(isOwnAccord: boolean): Promise<readonly string[]> {
    const { kill, gone, lastWords } = this.#ends;
    if (isOwnAccord) {
      kill?.();
      if (gone !== undefined) await within(gone, LAST_WISH);
    }
    return lastWords?.() ?? [];
  }
}

/** Connects to an adapter that listens at `tcp://host:port`, as one does under a debugger. */
export async function attachAdapter(
  url: string,
  options: AdapterOptions = {},
): Promise<Implementation> {
  const address = URL.parse(url);
  if (address?.protocol !== "tcp:" || address.port === "") {
    throw new AdapterError(
      `Cannot attach to an adapter: the address is ${
        JSON.stringify(url)
      }, wanted tcp://host:port`,
    );
  }
  let channel: Channel;
  try {
    channel = await connectTcp({
      hostname: address.hostname,
      port: Number(address.port),
    });
  } catch (cause) {
    throw new AdapterError(
      `Cannot attach to an adapter at ${url}: ${reason(cause)}`,
      { cause },
    );
  }
  return new AdapterClient(channelStreams(channel), options);
}

/** A channel as the ends of lines. */
export function channelStreams(channel: Channel): AdapterStreams {
  return {
    readable: channel.readable,
    writable: new WritableStream({
      write(chunk) {
        const units = new WriteUnits();
        units.add(chunk);
        return channel.write(units);
      },
      close: () => channel.closeWrite(),
    }),
    kill: () => channel.abort(),
  };
}

/** Whether something happens in a time. */
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

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError("it is no JSON", { cause });
  }
}

function said(text: unknown): string {
  return typeof text === "string" ? text : JSON.stringify(text) ?? "no reason";
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
