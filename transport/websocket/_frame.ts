/**
 * Writing WebSocket frames (RFC 6455 section 5) into a buffer of the caller's,
 * without an object on the way. Reading them is in `_websocket_frame_reader.ts`.
 *
 * @module
 */

/** What a frame carries (RFC 6455 section 5.2). */
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
 * The length of a frame's header in bytes.
 *
 * @param payloadLength The payload's length in bytes.
 * @param masked Whether the header carries a mask key, as a client's must.
 * @returns 2 to 14.
 */
export function frameHeaderLength(
  payloadLength: number,
  masked: boolean,
): number {
  const key = masked ? 4 : 0;
  if (payloadLength < 126) return 2 + key;
  return (payloadLength < 0x10000 ? 4 : 10) + key;
}

/**
 * Writes a frame's header.
 *
 * The payload that follows must be masked with the same key: see
 * {@linkcode maskInto}.
 *
 * @param buffer Written to from `at` on; must have room for
 * {@linkcode frameHeaderLength} bytes.
 * @param at The offset of the header's first byte.
 * @param opcode What the frame carries.
 * @param fin Whether the frame ends its message.
 * @param payloadLength The payload's length in bytes.
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
 * Writes a whole frame, header and payload, that is a message of its own.
 *
 * @param buffer Written to from `at` on; must have room for the frame.
 * @param at The offset of the frame's first byte.
 * @param opcode What the frame carries.
 * @param payload The payload; it is copied, and left as it is.
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
 * @param buffer Written to from `at` on; must have room for the payload.
 * @param at The offset of the copy's first byte.
 * @param payload The bytes to copy; they are left as they are.
 * @param key The frame's mask key.
 * @param phase How many bytes of the frame's payload came before, modulo 4.
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

// The same four bytes seen both ways: the mask as one word in the order this
// machine keeps words in, whichever that is.
const maskBytes = new Uint8Array(4);
const maskWord = new Int32Array(maskBytes.buffer);

/** From this length on a view of words pays for its making (measured). */
const WORDWISE = 96;

/**
 * Masks bytes in place, or unmasks them: it is the same operation.
 *
 * @param bytes Changed from `start` to `end`.
 * @param start The offset of the first byte.
 * @param end The offset after the last byte.
 * @param key The frame's mask key; its highest 8 bits mask the payload's first
 * byte.
 * @param phase How many bytes of the frame's payload came before `start`,
 * modulo 4.
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
  // Four at a time: the engine does not unroll, and it is a third faster.
  const fours = words.length & ~3;
  for (let i = 0; i < fours; i += 4) {
    words[i]! ^= word;
    words[i + 1]! ^= word;
    words[i + 2]! ^= word;
    words[i + 3]! ^= word;
  }
  maskBytewise(bytes, aligned + 4 * fours, end, turned);
}

/** Masks a few bytes, the first of them with the key's highest 8 bits. */
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

/** The key as it masks from the payload's byte `phase` on. */
function rotate(key: number, phase: number): number {
  const shift = (phase & 3) << 3;
  return (key << shift) | (key >>> (32 - shift));
}

/**
 * Mask keys nobody can predict, as RFC 6455 section 5.3 wants them.
 *
 * They are drawn from the system in bulk, since asking costs far more than
 * what is got. One source may serve any number of connections.
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

  /** The next key: 32 random bits, used for one frame only. */
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
 * Whether a close frame may carry this code (RFC 6455 section 7.4 and the
 * codes registered since): 1000 to 1014 without 1004, 1005 and 1006, or 3000
 * to 4999.
 */
export function isCloseCode(code: number): boolean {
  if (!Number.isInteger(code)) return false;
  if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
  return code >= 3000 && code <= 4999;
}

/**
 * The payload of a close frame.
 *
 * @param code The close code.
 * @param reason Text for the other side; what is beyond 123 bytes of UTF-8 is
 * cut off, at a whole character.
 * @returns 2 to 125 bytes.
 * @throws {RangeError} If a close frame may not carry the code.
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
