/**
 * WebSocket frames as RFC 6455 section 5.2 words them, right or wrong, for
 * tests. Slow, and independent of the code under test.
 *
 * @module
 */

import { AssertionError } from "@std/assert";
import { concat } from "@std/bytes";

/** A payload: text stands for its UTF-8 bytes. */
export type Payload = string | Uint8Array;

/** A frame, which may break any rule. */
export interface TestFrame {
  /** The first byte: end bit, reserved bits, opcode. */
  readonly first: number;
  /** The payload before it is masked. */
  readonly payload: Uint8Array;
  /** The length that the header announces; that of the payload by default. */
  readonly announced?: bigint | undefined;
  /** The bits of the length field; the least that suffice by default. */
  readonly lengthBits?: 7 | 16 | 64 | undefined;
  /** Whether the frame is masked where it must not be, or the reverse. */
  readonly wrongMask?: boolean | undefined;
  /** The mask key; another one for each frame by default. */
  readonly key?: readonly [number, number, number, number] | undefined;
}

/** A frame that was received. */
export interface ReceivedFrame {
  /** The opcode. */
  readonly opcode: number;
  /** The payload, unmasked. */
  readonly payload: Uint8Array;
  /** The mask key; `undefined` for an unmasked frame. */
  readonly key: string | undefined;
}

/** Returns the bytes of a payload. */
export function bytesOf(payload: Payload): Uint8Array {
  return typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
}

/** Returns a frame with any first byte. */
export function frame(
  first: number,
  payload: Payload = "",
  wrong: Omit<TestFrame, "first" | "payload"> = {},
): TestFrame {
  return { first, payload: bytesOf(payload), ...wrong };
}

/** A whole text message. */
export const text = (payload?: Payload): TestFrame => frame(0x81, payload);
/** A whole binary message. */
export const binary = (payload?: Payload): TestFrame => frame(0x82, payload);
/** The first fragment of a text message. */
export const textStart = (payload?: Payload): TestFrame => frame(0x01, payload);
/** The first fragment of a binary message. */
export const binaryStart = (payload?: Payload): TestFrame =>
  frame(0x02, payload);
/** A fragment between the first and the last one. */
export const more = (payload?: Payload): TestFrame => frame(0x00, payload);
/** The last fragment. */
export const last = (payload?: Payload): TestFrame => frame(0x80, payload);
/** A ping. */
export const ping = (payload?: Payload): TestFrame => frame(0x89, payload);
/** A pong. */
export const pong = (payload?: Payload): TestFrame => frame(0x8a, payload);

/** A close frame with a code, which may be one that must not be sent. */
export function close(code?: number, reason: Payload = ""): TestFrame {
  if (code === undefined) return frame(0x88);
  const start = Uint8Array.of(code >> 8, code & 255);
  return frame(0x88, concat([start, bytesOf(reason)]));
}

/** Returns the fragments of a message, each of `size` bytes but the last. */
export function fragments(
  opcode: "text" | "binary",
  payload: Payload,
  size: number,
): TestFrame[] {
  const bytes = bytesOf(payload);
  const frames: TestFrame[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += size) {
    const start = at > 0 ? 0 : opcode === "text" ? 1 : 2;
    const end = at + size >= bytes.length ? 0x80 : 0;
    frames.push(frame(start | end, bytes.subarray(at, at + size)));
  }
  return frames;
}

/** Returns the bytes of a header up to and with the length. */
function headerOf(
  { first, payload, announced, lengthBits }: TestFrame,
  masked: boolean,
): Uint8Array {
  const length = announced ?? BigInt(payload.length);
  const bits = lengthBits ?? (length < 126n ? 7 : length < 65536n ? 16 : 64);
  const header = new Uint8Array(bits === 7 ? 2 : bits === 16 ? 4 : 10);
  const field = bits === 7 ? Number(length) : bits === 16 ? 126 : 127;
  header[0] = first;
  header[1] = (masked ? 0x80 : 0) | field;
  for (let at = header.length - 1, left = length; at >= 2; at--, left >>= 8n) {
    header[at] = Number(left & 0xffn);
  }
  return header;
}

/** The bytes of a frame, in parts. */
export interface EncodedFrame {
  /** The length of the header without the mask key. */
  readonly lengthEnd: number;
  /** The length of the header. */
  readonly headerEnd: number;
  /** The frame. */
  readonly bytes: Uint8Array;
}

/**
 * Returns the bytes of a frame.
 *
 * @param sender Which side sends it: a client masks.
 * @param index The number of the frame, which the default mask key is made of.
 */
export function encodeFrame(
  frame: TestFrame,
  sender: "client" | "server",
  index: number,
): EncodedFrame {
  const masked = (sender === "client") !== (frame.wrongMask ?? false);
  const header = headerOf(frame, masked);
  const lengthEnd = header.length;
  if (!masked) {
    const bytes = concat([header, frame.payload]);
    return { lengthEnd, headerEnd: lengthEnd, bytes };
  }
  const key = Uint8Array.from(
    frame.key ?? [0x37 + index, 0xfa - index, 0x21 ^ index, 0x3d + 7 * index],
  );
  const payload = frame.payload.map((byte, at) => byte ^ key[at % 4]!);
  const bytes = concat([header, key, payload]);
  return { lengthEnd, headerEnd: lengthEnd + 4, bytes };
}

/**
 * Returns the frames that a side sent, and checks all that section 5 requires of
 * a sender without extensions that does not fragment.
 */
export function receivedFrames(
  bytes: Uint8Array,
  sender: "client" | "server",
): ReceivedFrame[] {
  const frames: ReceivedFrame[] = [];
  for (let at = 0; at < bytes.length;) {
    const first = bytes[at]!, second = bytes[at + 1]!;
    const opcode = first & 0x0f;
    require((first & 0xf0) === 0x80, "a whole message without reserved bits");
    require([1, 2, 8, 9, 10].includes(opcode), "a known opcode");
    require(second >= 0x80 === (sender === "client"), "a mask of a client");
    const field = second & 0x7f;
    at += 2;
    let length = field;
    if (field >= 126) {
      const size = field === 126 ? 2 : 8;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + bytes[at + i]!;
      at += size;
      require(length >= (size === 2 ? 126 : 65536), "the shortest length");
    }
    require(opcode < 8 || length <= 125, "a short control frame");
    const key = sender === "client" ? bytes.slice(at, at += 4) : undefined;
    require(at + length <= bytes.length, "a complete frame");
    const payload = bytes.slice(at, at += length);
    if (key !== undefined) {
      for (let i = 0; i < length; i++) payload[i]! ^= key[i % 4]!;
    }
    frames.push({ opcode, payload, key: key?.toHex() });
  }
  return frames;
}

function require(condition: boolean, wanted: string): void {
  if (!condition) throw new AssertionError(`A sent frame is not ${wanted}`);
}
