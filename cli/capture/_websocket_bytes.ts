/**
 * The data in WebSocket frames.
 *
 * @module
 */

/** What comes out of frames. */
export type FramePiece =
  | { readonly bytes: Uint8Array }
  /** A close frame; `undefined` without a code. */
  | { readonly closed: number | undefined };

/** The most bytes of a header: two, an eight-byte length, a mask. */
const MAX_HEADER_BYTES = 14;

const TEXT = 1, BINARY = 2, CLOSE = 8, PONG = 10;

interface Header {
  readonly size: number;
  readonly opcode: number;
  readonly isFinal: boolean;
  readonly isCompressed: boolean;
  readonly mask: Uint8Array | undefined;
  readonly payloadSize: number;
}

/** Takes the data of one direction out of its frames: messages and fragments, joined. */
export class WebSocketBytes {
  #start: Uint8Array = new Uint8Array(0);
  #header: Header | undefined;
  /** How many bytes of the payload were taken. */
  #taken = 0;
  readonly #control: number[] = [];

  /**
   * Takes the next bytes.
   *
   * @throws {Error} If they are no frames, or compressed.
   */
  *push(bytes: Uint8Array): Generator<FramePiece> {
    let rest = bytes;
    for (;;) {
      if (this.#header === undefined) {
        const before = this.#start.length;
        const start = joined(this.#start, rest.subarray(0, MAX_HEADER_BYTES));
        const header = frameHeader(start);
        if (header === undefined) {
          this.#start = start;
          return;
        }
        checkHeader(header);
        this.#header = header;
        this.#start = new Uint8Array(0);
        this.#taken = 0;
        rest = rest.subarray(header.size - before);
      }
      const header = this.#header;
      const data = rest.slice(0, header.payloadSize - this.#taken);
      rest = rest.subarray(data.length);
      unmask(data, header.mask, this.#taken);
      this.#taken += data.length;
      if (header.opcode >= CLOSE) this.#control.push(...data);
      else if (data.length > 0) yield { bytes: data };
      if (this.#taken < header.payloadSize) return;
      this.#header = undefined;
      const control = this.#control.splice(0);
      if (header.opcode === CLOSE) {
        const [high, low] = control;
        yield { closed: low === undefined ? undefined : high! * 256 + low };
      }
    }
  }
}

/** Returns the data of a whole frame at the start of bytes, as far as it is there; `undefined` if it is no data frame. */
export function frameData(bytes: Uint8Array): Uint8Array | undefined {
  const header = frameHeader(bytes);
  if (
    header === undefined || header.isCompressed || !header.isFinal ||
    (header.opcode !== TEXT && header.opcode !== BINARY)
  ) return undefined;
  const data = bytes.slice(header.size, header.size + header.payloadSize);
  unmask(data, header.mask, 0);
  return data;
}

/** Reads a header; returns `undefined` if it is not complete. */
function frameHeader(bytes: Uint8Array): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const first = view.getUint8(0), second = view.getUint8(1);
    let size = 2;
    let payloadSize = second & 0x7f;
    if (payloadSize === 126) {
      payloadSize = view.getUint16(size);
      size += 2;
    } else if (payloadSize === 127) {
      payloadSize = view.getUint32(size) * 2 ** 32 + view.getUint32(size + 4);
      size += 8;
    }
    const isMasked = (second & 0x80) !== 0;
    if (isMasked) {
      view.getUint32(size);
      size += 4;
    }
    return {
      size,
      payloadSize,
      opcode: first & 0x0f,
      isFinal: (first & 0x80) !== 0,
      isCompressed: (first & 0x40) !== 0,
      mask: isMasked ? bytes.slice(size - 4, size) : undefined,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function checkHeader({ opcode, isCompressed, payloadSize }: Header): void {
  if (isCompressed) {
    throw new Error(
      "WebSocket messages are compressed with permessage-deflate, which is not read",
    );
  }
  const isControl = opcode >= CLOSE;
  if (opcode > PONG || (opcode > BINARY && !isControl)) {
    throw new Error(`malformed WebSocket frame: opcode ${opcode}`);
  }
  if (isControl && payloadSize > 125) {
    throw new Error(
      `malformed WebSocket frame: ${payloadSize} bytes of control`,
    );
  }
}

function unmask(
  data: Uint8Array,
  mask: Uint8Array | undefined,
  offset: number,
): void {
  if (mask === undefined) return;
  for (let at = 0; at < data.length; at++) {
    data[at]! ^= mask[(offset + at) & 3]!;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  if (first.length === 0) return second;
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}
