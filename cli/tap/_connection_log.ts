/**
 * The lines of one connection, and its recording.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import { describeFailure, escapeText } from "../../quoting/quote.ts";
import { MessagePrinter } from "./_message_printer.ts";
import type { ConnectionRecorder, Ends, Recorder } from "./_recorder.ts";
import type { TapOptions } from "./tap.ts";

/** Where something comes from: the peer that connected, the target, or the tap itself. */
export type Origin = ">" | "<" | "#";

/** Prints the lines of one connection, with its number and the time, and records its bytes. */
export class ConnectionLog implements Disposable {
  static #count = 0;
  readonly #number = ++ConnectionLog.#count;
  readonly #began = performance.now();
  readonly #options: TapOptions;
  readonly #printers: Readonly<Record<">" | "<", MessagePrinter>>;
  #recording: ConnectionRecorder | undefined;

  /** Creates the log of the next connection. */
  constructor(options: TapOptions, recorder: Recorder | undefined, ends: Ends) {
    this.#options = options;
    const printer = (by: ">" | "<") =>
      new MessagePrinter(
        (text, message) => this.add(by, text, message),
        options,
      );
    this.#printers = { ">": printer(">"), "<": printer("<") };
    this.#recording = recorder?.connection(this.#number, ends);
  }

  /** Prints a line. */
  add(by: Origin, text: string, message?: Message): void {
    const time = performance.now() - this.#began;
    const at = time.toFixed(1).padStart(9);
    const line = escapeText(text);
    const connection = this.#number;
    this.#options.print(`${connection} ${at} ms ${by} ${line}`);
    this.#options.onEntry?.({
      connection,
      time,
      by,
      text: line,
      ...message !== undefined && { message },
    });
  }

  /** Prints the messages in the next bytes of a direction, and records the bytes. */
  push(by: ">" | "<", bytes: Uint8Array): void {
    this.#record((recording) => recording.push(by, bytes));
    this.#printers[by].push(bytes);
  }

  /** Ends the recording. */
  [Symbol.dispose](): void {
    this.#record((recording) => {
      // What comes later is printed only.
      this.#recording = undefined;
      recording[Symbol.dispose]();
    });
  }

  /** Ends the recording if it fails, as on a full disk: the connection goes on. */
  #record(write: (recording: ConnectionRecorder) => void): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    try {
      write(recording);
    } catch (error) {
      this.#recording = undefined;
      try {
        recording[Symbol.dispose]();
      } catch {
        // For the same reason.
      }
      this.add("#", `the recording ends: ${describeFailure(error)}`);
    }
  }
}
