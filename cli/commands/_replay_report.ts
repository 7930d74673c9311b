/**
 * What a replay prints.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import { describe, requestIdBytes } from "@gotalk/gotalk/codec";
import { shown } from "../output.ts";
import { escapeText } from "../../quoting/quote.ts";
import type { ReplayedCall } from "../replay/replay.ts";
import type { Terminal } from "../terminal.ts";
import { jsonLine, type LineOptions, wordsLine } from "./_message_lines.ts";

/** Options of a report. */
export interface ReportOptions extends LineOptions {
  /** Whether answers are compared with the recorded ones. */
  readonly isCompared: boolean;
}

/** Requests have the IDs of the recording, of version 01. */
const VERSION = "01";

/** Prints answers, differences and a total. */
export class ReplayReport {
  readonly #terminal: Terminal;
  readonly #options: ReportOptions;
  #answers = 0;
  #same = 0;
  #differences = 0;
  #failures = 0;
  #failure: unknown;

  /** Creates a report. */
  constructor(terminal: Terminal, options: ReportOptions) {
    this.#terminal = terminal;
    this.#options = options;
  }

  /** The number of answers that differ from the recorded ones. */
  get differences(): number {
    return this.#differences;
  }

  /** Why the first call without an answer has none. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Prints a message of the remote peer. */
  message(message: Message): void {
    const line = { message, version: VERSION, direction: "<" } as const;
    this.#out(
      this.#options.isJson ? jsonLine(line) : wordsLine(line, this.#options),
    );
  }

  /** Counts a call that has ended, and prints what is wrong with it. */
  settled(call: ReplayedCall): void {
    const { failure } = call;
    if (failure !== undefined) {
      this.#failures++;
      this.#failure ??= failure;
      const reason = failure instanceof Error ? failure.message : `${failure}`;
      this.#remark(call, { failed: reason }, `has no answer: ${reason}`);
      return;
    }
    if (!call.isCancelled) this.#answers++;
    if (!this.#options.isCompared) return;
    const { isSame, recorded } = call;
    if (isSame === true) this.#same++;
    if (isSame !== false || recorded === undefined) return;
    this.#differences++;
    const { kind, payload } = recorded;
    const words = describe(
      { kind, id: call.id, payload, wait: 0 } as Message,
      { maxPayloadBytes: this.#options.maxPayloadBytes },
    );
    this.#remark(
      call,
      { recorded: { kind, payload: shown(payload, "json") } },
      `differs, recorded was ${words.replace(" wait 0 ms", "")}`,
    );
  }

  /** Prints the total. */
  end(unsent: number): void {
    const { isCompared } = this.#options;
    const words = [
      count(this.#answers, "answer"),
      ...isCompared
        ? [`${this.#same} as recorded`, `${this.#differences} different`]
        : [],
      ...this.#failures > 0 ? [`${this.#failures} missing`] : [],
      ...unsent > 0 ? [`${count(unsent, "message")} not sent: no text`] : [],
    ];
    this.#terminal.note(words.join(", "));
  }

  #remark(call: ReplayedCall, json: object, words: string): void {
    const { operation } = call;
    const id = String.fromCharCode(...requestIdBytes(call.id, VERSION));
    this.#out(
      this.#options.isJson
        ? JSON.stringify({ direction: "#", id, operation, ...json })
        : escapeText(`# ${id} ${JSON.stringify(operation)} ${words}`),
    );
  }

  #out(line: string): void {
    this.#terminal.out(`${line}\n`);
  }
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
