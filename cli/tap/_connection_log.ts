/**
 * The lines of one connection, and its recording.
 *
 * @module
 */

import { printable } from "../printable.ts";
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
      new MessagePrinter((text) => this.add(by, text), options);
    this.#printers = { ">": printer(">"), "<": printer("<") };
    this.#recording = recorder?.connection(this.#number, ends);
  }

  /** Prints a line. */
  add(by: Origin, text: string): void {
    const at = (performance.now() - this.#began).toFixed(1).padStart(9);
    this.#options.print(`${this.#number} ${at} ms ${by} ${printable(text)}`);
  }

  /** Prints the messages in the next bytes of a direction, and records the bytes. */
  push(by: ">" | "<", bytes: Uint8Array): void {
    this.#recording?.push(by, bytes);
    this.#printers[by].push(bytes);
  }

  /** Ends the recording. */
  [Symbol.dispose](): void {
    this.#recording?.[Symbol.dispose]();
    // What comes later is printed only.
    this.#recording = undefined;
  }
}
