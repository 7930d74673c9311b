/**
 * Prints one direction of a conversation.
 *
 * @module
 */

import {
  Decoder,
  describe,
  type Message,
  VersionReader,
} from "@gotalk/gotalk/codec";
import { LARGEST_PAYLOAD } from "../largest_payload.ts";
import type { TapOptions } from "./tap.ts";

/** What is printed of messages. */
type PrinterOptions = Pick<TapOptions, "shows" | "maxPayloadBytes">;

/** Decodes bytes as they pass, and prints the messages. */
export class MessagePrinter {
  readonly #print: (line: string, message?: Message) => void;
  readonly #options: PrinterOptions;
  readonly #version = new VersionReader(["01", "00"]);
  #decoder: Decoder | undefined;
  #isReadable = true;

  /** Creates a printer; it prints a line for the version and for each message. */
  constructor(
    print: (line: string, message?: Message) => void,
    options: PrinterOptions = {},
  ) {
    this.#print = print;
    this.#options = options;
  }

  /** Decodes the next bytes. */
  push(bytes: Uint8Array): void {
    if (!this.#isReadable) return this.#print(`${bytes.length} bytes`);
    try {
      const rest = bytes.subarray(this.#readVersion(bytes));
      // A message can hold views of what is pushed, and the bytes are sent on.
      if (rest.length > 0) this.#decoder?.push(rest.slice());
      for (;;) {
        const message = this.#decoder?.read();
        if (message === undefined) return;
        const version = this.#version.version ?? "01";
        const { shows, maxPayloadBytes = 64 } = this.#options;
        if (shows !== undefined && !shows(message)) continue;
        this.#print(describe(message, { version, maxPayloadBytes }), message);
      }
    } catch (error) {
      this.#isReadable = false;
      this.#print(error instanceof Error ? error.message : String(error));
    }
  }

  #readVersion(bytes: Uint8Array): number {
    if (this.#decoder !== undefined) return 0;
    const taken = this.#version.push(bytes);
    const { error, version } = this.#version;
    if (error !== undefined) throw error;
    if (version !== undefined) {
      this.#print(`version ${version}`);
      this.#decoder = new Decoder({
        version,
        maxPayloadBytes: LARGEST_PAYLOAD,
        offset: 2,
      });
    }
    return taken;
  }
}
