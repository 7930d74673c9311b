/**
 * The beginning of an implementation, which reads and writes Heartbeats. Write the other kinds here, or
 * import your own implementation in the adapter instead.
 */

/** The code of a ProtocolError for bytes that are no message. */
const INVALID_MESSAGE = 2;

/** Thrown for bytes that are refused, and for messages that cannot be written. */
export class Refused extends Error {
  constructor(reason, code) {
    super(reason);
    this.reason = reason;
    this.code = code;
  }
}

/** Reads messages from bytes that arrive in pieces. */
export class Decoder {
  #bytes = Buffer.alloc(0);

  /** Takes bytes, and gives the messages that are complete with them. */
  *decode(chunk) {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length > 0) {
      const kind = String.fromCharCode(this.#bytes[0]);
      if (kind !== "h") throw new Refused("unknown-kind", INVALID_MESSAGE);
      const load = this.#number(1, 4);
      const time = this.#number(5, 8);
      if (time === undefined) return;
      this.#bytes = this.#bytes.subarray(13);
      yield { kind: "Heartbeat", load, time };
    }
  }

  /** The number in hexadecimal digits at an offset; undefined if some are yet to arrive. */
  #number(offset, digits) {
    const text = this.#bytes.toString("latin1", offset, offset + digits);
    if (!/^[0-9a-f]*$/i.test(text)) {
      throw new Refused("bad-hex", INVALID_MESSAGE);
    }
    return text.length === digits ? parseInt(text, 16) : undefined;
  }
}

/** Returns the bytes of a message. */
export function encode({ kind, load, time }) {
  if (kind !== "Heartbeat") throw new Error(`cannot write a ${kind} yet`);
  return Buffer.from(`h${hex(load, 4)}${hex(time, 8)}`);
}

function hex(number, digits) {
  if (number < 0 || number >= 16 ** digits) throw new Refused("out-of-range");
  return number.toString(16).padStart(digits, "0");
}
