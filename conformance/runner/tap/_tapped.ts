/**
 * One direction of a conversation as lines for humans.
 *
 * @module
 */

import { Decoder, describe, VersionReader } from "@gotalk/gotalk/codec";

/** The largest payload that is kept to be shown; behind a larger one nothing more is read. */
const MAX_PAYLOAD = 64 * 1024 * 1024;

/** Reads bytes as they pass, and says what they are. */
export class Tapped {
  readonly #print: (line: string) => void;
  readonly #version = new VersionReader(["01", "00"]);
  #decoder: Decoder | undefined;
  #isReadable = true;

  /** Creates a reader that prints a line for the version and for each message. */
  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Takes the next bytes. */
  push(bytes: Uint8Array): void {
    if (!this.#isReadable) return this.#print(`${bytes.length} bytes`);
    try {
      const rest = bytes.subarray(this.#readVersion(bytes));
      // A message can keep views of what is pushed, and the bytes go on to others.
      if (rest.length > 0) this.#decoder?.push(rest.slice());
      for (;;) {
        const message = this.#decoder?.read();
        if (message === undefined) return;
        const version = this.#version.version ?? "01";
        this.#print(describe(message, { version }));
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
        maxPayloadBytes: MAX_PAYLOAD,
        offset: 2,
      });
    }
    return taken;
  }
}
