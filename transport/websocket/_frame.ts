/**
 * Writing WebSocket frames (RFC 6455 section 5) into a buffer of the caller,
 * without intermediate objects. `_frame_reader.ts` reads them.
 *
 * @module
 */

/** The opcodes of frames (RFC 6455 section 5.2). */
export const OPCODE = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** One of the {@linkcode OPCODE} values. */
export type Opcode = typeof OPCODE[keyof typeof OPCODE];

/** The longest frame header: 2 bytes, a 64-bit length and a mask key. */
export const MAX_FRAME_HEADER = 14;

/** The largest payload of a close, ping or pong frame, in bytes. */
export const MAX_CONTROL_PAYLOAD = 125;

/**
 * Writes the header of a frame. The payload that follows must be masked with
 * the same key: see {@linkcode maskInto}.
 *
 * @param buffer Written to from `at` on; must have space for
 * {@linkcode MAX_FRAME_HEADER} bytes.
 * @param at The offset of the first byte of the header.
 * @param opcode The opcode.
 * @param fin Whether the frame ends its message.
 * @param payloadLength The length of the payload, in bytes.
 * @param maskKey The mask key as a client, `undefined` as a server.
 * @returns The offset after the header.
 */
export function writeFrameHeader(
  buffer: Uint8Array,
  at: number,
  opcode: Opcode,
  fin: boolean,
  payloadLength: number,
  maskKey: number | undefined,
): number {
  const maskBit = maskKey === undefined ? 0 : 0x80;
  buffer[at++] = (fin ? 0x80 : 0) | opcode;
  if (payloadLength < 126) {
    buffer[at++] = maskBit | payloadLength;
  } else if (payloadLength < 0x10000) {
    buffer[at++] = maskBit | 126;
    buffer[at++] = payloadLength >>> 8;
    buffer[at++] = payloadLength;
  } else {
    buffer[at++] = maskBit | 127;
    at = writeUint32(buffer, at, Math.floor(payloadLength / 2 ** 32));
    at = writeUint32(buffer, at, payloadLength % 2 ** 32);
  }
  return maskKey === undefined ? at : writeUint32(buffer, at, maskKey);
}

/** Writes 32 bits, high byte first; returns the offset after them. */
function writeUint32(buffer: Uint8Array, at: number, value: number): number {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
  return at + 4;
}

/**
 * Writes a complete frame that is a whole message.
 *
 * @param buffer Written to from `at` on; must have space for the frame.
 * @param at The offset of the first byte of the frame.
 * @param opcode The opcode.
 * @param payload The payload, which is copied.
 * @param maskKey The mask key as a client, `undefined` as a server.
 * @returns The offset after the frame.
 */
export function writeFrame(
  buffer: Uint8Array,
  at: number,
  opcode: Opcode,
  payload: Uint8Array,
  maskKey: number | undefined,
): number {
  at = writeFrameHeader(buffer, at, opcode, true, payload.length, maskKey);
  if (maskKey !== undefined) return maskInto(buffer, at, payload, maskKey, 0);
  buffer.set(payload, at);
  return at + payload.length;
}

/**
 * Copies a payload, or a part of one, into a buffer and masks the copy.
 *
 * @param buffer Written to from `at` on; must have space for the payload.
 * @param at The offset of the first byte of the copy.
 * @param payload The bytes to copy.
 * @param key The mask key of the frame.
 * @param phase The offset of `payload` in the payload of the frame, modulo 4.
 * @returns The offset after the copy.
 */
export function maskInto(
  buffer: Uint8Array,
  at: number,
  payload: Uint8Array,
  key: number,
  phase: number,
): number {
  const end = at + payload.length;
  buffer.set(payload, at);
  applyMask(buffer, at, end, key, phase);
  return end;
}

// Two views of the same four bytes: the mask as one word in the byte order of
// the machine.
const maskBytes = new Uint8Array(4);
const maskWord = new Int32Array(maskBytes.buffer);

/**
 * The length from which a view of words is faster than bytes (`_frame_bench.ts`,
 * "write, masked").
 */
const WORDWISE = 96;

/**
 * Masks or unmasks bytes in place; both are the same operation.
 *
 * @param bytes Changed from `start` to `end`.
 * @param start The offset of the first byte.
 * @param end The offset after the last byte.
 * @param key The mask key of the frame; its highest 8 bits mask the first byte
 * of the payload.
 * @param phase The offset of `start` in the payload of the frame, modulo 4.
 */
export function applyMask(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: number,
  phase: number,
): void {
  if (end - start < WORDWISE) {
    maskBytewise(bytes, start, end, rotate(key, phase));
    return;
  }
  const aligned = start + (-(bytes.byteOffset + start) & 3);
  maskBytewise(bytes, start, aligned, rotate(key, phase));
  const turned = rotate(key, phase + aligned - start);
  writeUint32(maskBytes, 0, turned);
  const word = maskWord[0]!;
  const words = new Int32Array(
    bytes.buffer,
    bytes.byteOffset + aligned,
    (end - aligned) >>> 2,
  );
  // Four at a time: the engine does not unroll loops, and this is a third
  // faster (`_frame_bench.ts`, "mask at offset 0").
  const fours = words.length & ~3;
  for (let i = 0; i < fours; i += 4) {
    words[i]! ^= word;
    words[i + 1]! ^= word;
    words[i + 2]! ^= word;
    words[i + 3]! ^= word;
  }
  maskBytewise(bytes, aligned + 4 * fours, end, turned);
}

/** Masks a few bytes, the first one with the highest 8 bits of the key. */
function maskBytewise(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: number,
): void {
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    bytes[at]! ^= key >>> 24;
    bytes[at + 1]! ^= key >>> 16;
    bytes[at + 2]! ^= key >>> 8;
    bytes[at + 3]! ^= key;
  }
  for (let shift = 24; at < end; at++, shift -= 8) bytes[at]! ^= key >>> shift;
}

/** Rotates the key so that it masks from byte `phase` of the payload on. */
function rotate(key: number, phase: number): number {
  const shift = (phase & 3) << 3;
  return (key << shift) | (key >>> (32 - shift));
}

/**
 * A source of unpredictable mask keys, as RFC 6455 section 5.3 requires.
 *
 * It draws them from the system in bulk, since each call of the system costs
 * far more than a key. One source may serve any number of connections.
 */
export class MaskKeys {
  readonly #fill: (keys: Int32Array<ArrayBuffer>) => void;
  readonly #keys = new Int32Array(256);
  #next = this.#keys.length;

  /**
   * A source of mask keys.
   *
   * @param fill Fills an array with random bits; by default the platform's
   * cryptographic generator.
   */
  constructor(
    fill: (keys: Int32Array<ArrayBuffer>) => void = fillRandom,
  ) {
    this.#fill = fill;
  }

  /** Returns the next key: 32 random bits, for one frame only. */
  next(): number {
    if (this.#next === this.#keys.length) {
      this.#fill(this.#keys);
      this.#next = 0;
    }
    return this.#keys[this.#next++]!;
  }
}

function fillRandom(keys: Int32Array<ArrayBuffer>): void {
  crypto.getRandomValues(keys);
}

/**
 * Whether a close frame may contain this code (RFC 6455 section 7.4 and later
 * registrations): 1000 to 1014 except 1004, 1005 and 1006, or 3000 to 4999.
 */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
  return code >= 3000 && code <= 4999;
}

/**
 * Returns the payload of a close frame, 2 to 125 bytes.
 *
 * @param code The close code.
 * @param reason Text for the remote side, cut to 123 bytes of UTF-8 at a
 * character boundary.
 * @throws {RangeError} If a close frame may not contain the code.
 */
export function closePayload(code: number, reason = ""): Uint8Array {
  if (!isCloseCode(code)) {
    throw new RangeError(
      `Cannot write close frame: code ${code}, wanted one that may be sent: 1000 to 1003, 1007 to 1014 or 3000 to 4999`,
    );
  }
  const payload = new Uint8Array(MAX_CONTROL_PAYLOAD);
  payload[0] = code >>> 8;
  payload[1] = code;
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return payload.subarray(0, 2 + written);
}
