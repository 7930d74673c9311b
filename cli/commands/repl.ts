/**
 * The subcommand `repl`.
 *
 * @module
 */

import type { Interface } from "node:readline";
import type { Peer } from "@gotalk/gotalk";
import type { ListedOperation } from "@gotalk/gotalk/peer";
import { type Command, type Given, UsageError } from "../command.ts";
import { openPeer } from "../connection.ts";
import { CONNECTION_OPTIONS, timeoutOf } from "../connection_options.ts";
import { endedConnection, failureOf, STATUS } from "../failure.ts";
import { type Form, readInput, standardInput } from "../input.ts";
import { line, shown, writePayload } from "../output.ts";
import type { Terminal } from "../terminal.ts";

const HELP = `OPERATION [INPUT]          send a request: JSON, or @FILE
.text OPERATION [INPUT]    send a request with text
.notify NAME [INPUT]       send a notification
.operations                list what the remote peer handles, if it reveals it
.stats                     show the counters of the connection
.help                      show this help
.exit                      leave; so does Ctrl-D
Ctrl-C                     cancel a request, clear the line, or leave if it is empty`;

/** What is no operation, for completion. */
const COMMANDS = [
  ".text",
  ".notify",
  ".operations",
  ".stats",
  ".help",
  ".exit",
];

/** Sends requests from a prompt. */
export const replCommand: Command = {
  about: "Sends requests from a prompt, and shows notifications as they come.",
  words: ["URL"],
  details: [
    "A line is an operation and its input; .help lists what else there is. Tab " +
    "completes the operations and names that were used, and those that the " +
    "remote peer lists. Without a terminal, each line of standard input is " +
    "carried out after the one before.",
  ],
  options: CONNECTION_OPTIONS,
  examples: [
    ["repl tcp://localhost:1234", "a prompt"],
    ["repl tcp://localhost:1234 < requests.txt", "requests from a file"],
  ],
  async run(given, terminal) {
    // Modules of Node cost every subcommand time in a bundle that imports them at its start.
    const { stdin, stdout: output } = await import("node:process");
    const { createInterface } = await import("node:readline");
    const { Readable } = await import("node:stream");
    const isPrompt = stdin.isTTY && terminal.isTerminal;
    const { Handlers } = await import("@gotalk/gotalk");
    let show = (text: string) => terminal.out(`${text}\n`);
    const handlers = new Handlers().onOtherNotification(
      (payload, { operation }) =>
        show(
          `notification ${line(operation)} ${line(shown(payload, "json"))}`,
        ),
    );
    await using peer = await openPeer(given.words[0]!, given, terminal, {
      handlers,
    });
    // That of Node is empty if it cannot be read.
    const input = isPrompt
      ? stdin
      : Readable.fromWeb(standardInput(terminal.signal) as never);
    const lines: Interface = createInterface({
      input,
      ...isPrompt && { output, terminal: true },
      prompt: "> ",
      completer: (text: string): [string[], string] => session.complete(text),
    });
    using session: Session = new Session(
      peer,
      given,
      terminal,
      lines,
      isPrompt,
    );
    show = (text) => session.show(text);
    input.on("error", (error) => session.fail(error));
    return await session.run();
  },
};

/** The lines of a user, one after another. */
class Session implements Disposable {
  readonly #peer: Peer;
  readonly #timeout: number;
  readonly #terminal: Terminal;
  readonly #isPrompt: boolean;
  readonly #lines: Interface;
  /** The operations and names that were used. */
  readonly #used = new Set<string>();
  /** Those that the remote peer lists, by what they are used for. */
  readonly #listed = {
    request: new Set<string>(),
    notification: new Set<string>(),
  };
  #closed = false;
  /** Rejects with what ends the session before its lines do. */
  readonly #ended = Promise.withResolvers<never>();
  /** Cancels the request that is waited for. */
  #request: AbortController | undefined;

  constructor(
    peer: Peer,
    given: Given,
    terminal: Terminal,
    lines: Interface,
    isPrompt: boolean,
  ) {
    this.#peer = peer;
    this.#timeout = timeoutOf(given);
    this.#terminal = terminal;
    this.#lines = lines;
    this.#isPrompt = isPrompt;
  }

  /** Carries out lines until there are no more. */
  async run(): Promise<number> {
    const { signal } = this.#terminal;
    const ended = this.#ended.promise;
    ended.catch(() => {/* Raced below. */});
    const interrupt = () => this.fail(signal.reason);
    signal.addEventListener("abort", interrupt, { once: true });
    this.#lines.on("close", () => this.#closed = true);
    // In raw mode the terminal sends a character instead of a signal.
    this.#lines.on("SIGINT", () => this.#interrupt());
    void this.#peer.closed.then(({ error }) => {
      this.fail(endedConnection(error));
    });
    if (this.#isPrompt) {
      const remote = this.#peer.info?.remote ?? "a peer";
      this.#terminal.out(`connected to ${line(remote)}, .help for help\n`);
      // Nothing waits for it: until then, only what was used is completed.
      void this.#list().catch(() => {/* The connection has ended. */});
    }
    this.#prompt();
    let status: number = STATUS.answered;
    for await (const text of this.#lines) {
      if (text.trim() === ".exit") break;
      // What ends the session ends the line as well.
      status = await this.#carryOut(text);
      this.#prompt();
    }
    signal.throwIfAborted();
    if (this.#peer.state !== "open") await ended;
    await Promise.race([ended, undefined]);
    // A script has the status of its last line; somebody at a prompt has seen it.
    return this.#isPrompt ? STATUS.answered : status;
  }

  /** Ends the session by an error. */
  fail(error: unknown): void {
    this.#ended.reject(error);
    this.#lines.close();
  }

  #prompt(): void {
    if (this.#isPrompt && !this.#closed) this.#lines.prompt();
  }

  /** Shows a line while the user may be typing. */
  show(text: string): void {
    if (!this.#isPrompt) return this.#terminal.out(`${text}\n`);
    this.#terminal.out(`\r\x1b[2K${text}\n`);
    if (!this.#closed) this.#lines.prompt(true);
  }

  [Symbol.dispose](): void {
    this.#lines.close();
  }

  /** Cancels the request, clears the line, or leaves: what there is first. */
  #interrupt(): void {
    if (this.#request !== undefined) {
      this.#request.abort(new Error("cancelled by Ctrl-C"));
    } else if (this.#lines.line !== "") {
      this.#lines.write(null, { ctrl: true, name: "e" });
      this.#lines.write(null, { ctrl: true, name: "u" });
    } else Deno.kill(Deno.pid, "SIGINT");
  }

  /** Carries out a line, and returns the exit status that it would have alone. */
  async #carryOut(text: string): Promise<number> {
    const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*?)\s*$/.exec(text) ?? [];
    if (word === "") return STATUS.answered;
    try {
      switch (word) {
        case ".help":
          this.#terminal.out(`${HELP}\n`);
          break;
        case ".operations":
          for (const { name, kind, payload } of await this.#list()) {
            this.#terminal.out(`${line(name)} (${kind} of ${payload})\n`);
          }
          break;
        case ".stats":
          for (const [name, value] of Object.entries(this.#peer.stats)) {
            this.#terminal.out(`${name.padEnd(16)} ${value}\n`);
          }
          break;
        case ".text":
          await this.#send(rest, "text");
          break;
        case ".notify": {
          const [name, input] = this.#split(rest);
          await this.#peer.notifyBytes(
            name,
            await readInput(input, "json", this.#terminal.signal),
          );
          break;
        }
        default:
          if (word.startsWith(".")) {
            throw new UsageError(`there is no ${word}, see .help`);
          }
          await this.#send(text, "json");
      }
      return STATUS.answered;
    } catch (error) {
      const { status, message } = failureOf(error);
      if (status >= 128 || this.#peer.state !== "open") throw error;
      this.#terminal.note(message);
      return status;
    }
  }

  /** Requests what the remote peer handles, for completion too. */
  async #list(): Promise<readonly ListedOperation[]> {
    const { listedBy } = await import("./operations.ts");
    const list = await listedBy(this.#peer, this.#timeout);
    for (const { name, kind } of list) {
      if (kind !== "stream" && !/\s/.test(name)) this.#listed[kind].add(name);
    }
    return list;
  }

  async #send(text: string, form: Form): Promise<void> {
    const { signal } = this.#terminal;
    const [operation, input] = this.#split(text);
    const payload = await readInput(input, form, signal, ", see .text");
    this.#request = new AbortController();
    try {
      const result = await this.#peer.requestBytes(operation, payload, {
        timeout: this.#timeout,
        signal: AbortSignal.any([signal, this.#request.signal]),
      });
      writePayload(result, form, this.#terminal);
    } finally {
      this.#request = undefined;
    }
  }

  /** Splits a name and an input. */
  #split(text: string): [name: string, input: string | undefined] {
    const [, name, input] = /^\s*(\S+)\s*(.*?)\s*$/.exec(text) ?? [];
    if (name === undefined) {
      throw new UsageError("a name is missing, see .help");
    }
    if (input === "-") throw new UsageError("INPUT is JSON or @FILE");
    this.#used.add(name);
    return [name, input === "" ? undefined : input];
  }

  /** Returns what completes the last word of a line, and this word. */
  complete(text: string): [string[], string] {
    const word = /\S*$/.exec(text)![0];
    const candidates = /^\s*\S*$/.test(text)
      ? [...this.#listed.request, ...this.#used, ...COMMANDS]
      : /^\s*\.notify\s+\S*$/.test(text)
      ? [...this.#listed.notification, ...this.#used]
      : /^\s*\.text\s+\S*$/.test(text)
      ? [...this.#listed.request, ...this.#used]
      : [];
    const fitting = candidates.filter((each) => each.startsWith(word));
    return [[...new Set(fitting)], word];
  }
}
