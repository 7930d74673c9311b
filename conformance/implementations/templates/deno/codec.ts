/**
 * The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or
 * import your own implementation in the adapter instead.
 *
 * @module
 */

/** The code of a ProtocolError for bytes that are no message. */
const INVALID_MESSAGE = 2;

/** A message. Add the other kinds. */
export interface Message {
  readonly kind: "Heartbeat";
  readonly load: number;
  readonly time: number;
}

/** Thrown for bytes that are refused, and for messages that cannot be written. */
export class Refused extends Error {
  constructor(readonly reason: string, readonly code?: number) {
    super(reason);
  }
}

/** Reads messages from bytes that arrive in pieces. */
export class Decoder {
  #bytes: Uint8Array = new Uint8Array(0);

  /** Takes bytes, and gives the messages that are complete with them. */
  *decode(chunk: Uint8Array): Generator<Message> {
    this.#bytes = Uint8Array.of(...this.#bytes, ...chunk);
    while (this.#bytes.length > 0) {
      const kind = String.fromCharCode(this.#bytes[0]!);
      if (kind !== "h") throw new Refused("unknown-kind", INVALID_MESSAGE);
      const load = this.#number(1, 4);
      const time = this.#number(5, 8);
      if (load === undefined || time === undefined) return;
      this.#bytes = this.#bytes.subarray(13);
      yield { kind: "Heartbeat", load, time };
    }
  }

  /** The number in hexadecimal digits at an offset; `undefined` if some are yet to arrive. */
  #number(offset: number, digits: number): number | undefined {
    const bytes = this.#bytes.subarray(offset, offset + digits);
    const text = String.fromCharCode(...bytes);
    if (!/^[0-9a-f]*$/i.test(text)) {
      throw new Refused("bad-hex", INVALID_MESSAGE);
    }
    return text.length === digits ? parseInt(text, 16) : undefined;
  }
}

/** Returns the bytes of a message. */
export function encode({ kind, load, time }: Message): Uint8Array {
  if (kind !== "Heartbeat") throw new Error(`cannot write a ${kind} yet`);
  return new TextEncoder().encode(`h${hex(load, 4)}${hex(time, 8)}`);
}

function hex(number: number, digits: number): string {
  if (number < 0 || number >= 16 ** digits) throw new Refused("out-of-range");
  return number.toString(16).padStart(digits, "0");
}
