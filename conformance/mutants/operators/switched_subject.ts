/**
 * A subject whose mutants are switched while it runs.
 *
 * @module
 */

import { Subject } from "./subject.ts";

/** How long the switches may take to answer, in milliseconds: with a mutant that never pauses they do not. */
const ANSWER_TIMEOUT = 30_000;

/** A subject with a connection to its switches. */
export class SwitchedSubject implements AsyncDisposable {
  /** The subject. */
  readonly subject: Subject;
  readonly #connection: Deno.Conn;
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #encoder = new TextEncoder();
  #text = "";

  private constructor(subject: Subject, connection: Deno.Conn) {
    this.subject = subject;
    this.#connection = connection;
    this.#reader = connection.readable.pipeThrough(new TextDecoderStream())
      .getReader();
  }

  /**
   * Starts a subject with all mutants off.
   *
   * @throws {StartError} If it does not start.
   */
  static async start(
    command: string,
    { isPatient = false }: {
      /** Whether it has more time to answer than a mutant has. */
      readonly isPatient?: boolean;
    } = {},
  ): Promise<SwitchedSubject> {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    const accepted = listener.accept();
    accepted.catch(() => {}); // The subject may not start.
    const subject = await Subject.start(command, [], { port, isPatient });
    return new SwitchedSubject(subject, await accepted);
  }

  /** Returns the numbers of the mutants reached since the last call, or since others were switched on. */
  async reached(): Promise<number[]> {
    const line = await this.#ask("reached");
    return line === "" ? [] : line.split(",").map(Number);
  }

  /** Switches on these mutants, and no others. */
  async switchOn(numbers: readonly number[]): Promise<void> {
    await this.#ask(`on ${numbers.join(",")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader.cancel().catch(() => {});
    await this.subject[Symbol.asyncDispose]();
  }

  /** Writes a line, and returns the answer; rejects if there is none. */
  async #ask(line: string): Promise<string> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error("Cannot reach the switches: no answer came")),
      ANSWER_TIMEOUT,
    );
    try {
      return await Promise.race([this.#answer(line), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #answer(line: string): Promise<string> {
    await this.#connection.write(this.#encoder.encode(`${line}\n`));
    while (!this.#text.includes("\n")) {
      const { value, done } = await this.#reader.read();
      if (done) {
        throw new Error("Cannot reach the switches: the subject exited");
      }
      this.#text += value;
    }
    const [answer = ""] = this.#text.split("\n");
    this.#text = this.#text.slice(answer.length + 1);
    return answer;
  }
}

/** One subject for the runs of one mutant after the other, started again where that may matter. */
export class Stage implements AsyncDisposable {
  readonly #command: string;
  #switched: SwitchedSubject | undefined;

  /** Creates a stage. */
  constructor(command: string) {
    this.#command = command;
  }

  /**
   * Returns a subject with mutants on.
   *
   * @throws {StartError} If it does not start.
   */
  async open(numbers: readonly number[]): Promise<Subject> {
    if (this.#switched?.subject.exited.aborted) await this.leave();
    this.#switched ??= await SwitchedSubject.start(this.#command);
    await this.#switched.switchOn(numbers);
    return this.#switched.subject;
  }

  /** Switches all mutants off, and closes what is open. */
  async close(): Promise<void> {
    try {
      await this.#switched?.switchOn([]);
      await this.#switched?.subject.ask("reset", {});
    } catch {
      await this.leave();
    }
  }

  /** Ends the subject: what was done with it may have left it broken. */
  async leave(): Promise<void> {
    const switched = this.#switched;
    this.#switched = undefined;
    await switched?.[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.leave();
  }
}
