/**
 * The packets of a pcapng file.
 *
 * @module
 */

import type { ByteReader } from "./byte_reader.ts";
import { CaptureError } from "./capture_error.ts";
import { MAX_PACKET_BYTES, type Packet } from "./_packet.ts";

/** The types of the blocks that are read. */
const SECTION = 0x0a0d0d0a,
  INTERFACE = 1,
  OLD_PACKET = 2,
  SIMPLE_PACKET = 3,
  PACKET = 6;

const BYTE_ORDER = 0x1a2b3c4d;

/** The size of what is in each block: its type, and twice its length. */
const FRAME_BYTES = 12;

/** Options of an interface. */
const RESOLUTION = 9, TIME_OFFSET = 14;

/** Where packets were captured. */
interface Interface {
  readonly linkType: number;
  /** The most bytes of a packet that are captured; 0 for all. */
  readonly snapLength: number;
  /** How many units of time a second has. */
  readonly units: number;
  /** What is added to times, in seconds. */
  readonly offset: number;
}

/** Whether a file that begins with these four bytes is a pcapng file. */
export function isPcapng(start: Uint8Array): boolean {
  return start.length >= 4 && [0x0a, 0x0d, 0x0d, 0x0a]
    .every((byte, at) => start[at] === byte);
}

/**
 * Yields the packets.
 *
 * @throws {CaptureError} If the file is broken, or ends within a block.
 */
export async function* pcapngPackets(
  reader: ByteReader,
): AsyncGenerator<Packet, void, undefined> {
  let littleEndian = true;
  let interfaces: Interface[] = [];
  let time = 0;
  for (let number = 1;; number++) {
    const block = await nextBlock(reader, number, littleEndian);
    if (block === undefined) return;
    ({ littleEndian } = block);
    const { type, body } = block;
    try {
      switch (type) {
        case SECTION:
          interfaces = [];
          break;
        case INTERFACE:
          interfaces.push(interfaceOf(body, littleEndian));
          break;
        case SIMPLE_PACKET: {
          // It has no time: that of the packet before.
          const from = interfaces[0]!;
          const size = Math.min(
            body.getUint32(0, littleEndian),
            from.snapLength || Infinity,
          );
          yield { time, linkType: from.linkType, bytes: cut(body, 4, size) };
          break;
        }
        case PACKET:
        case OLD_PACKET: {
          const index = type === PACKET
            ? body.getUint32(0, littleEndian)
            : body.getUint16(0, littleEndian);
          const { linkType, units, offset } = interfaces[index]!;
          const ticks = body.getUint32(4, littleEndian) * 2 ** 32 +
            body.getUint32(8, littleEndian);
          time = (ticks / units + offset) * 1000;
          const size = body.getUint32(12, littleEndian);
          yield { time, linkType, bytes: cut(body, 20, size) };
        }
      }
    } catch (error) {
      // A field lies behind the end of the block, or the interface is missing.
      if (!(error instanceof RangeError || error instanceof TypeError)) {
        throw error;
      }
      throw new CaptureError(`the capture is broken: in block ${number}`);
    }
  }
}

interface Block {
  readonly type: number;
  readonly body: DataView;
  readonly littleEndian: boolean;
}

async function nextBlock(
  reader: ByteReader,
  number: number,
  before: boolean,
): Promise<Block | undefined> {
  const start = await reader.peek(FRAME_BYTES);
  if (start.length === 0) return undefined;
  const cutWithin = new CaptureError(
    `the capture is cut: it ends within block ${number}`,
  );
  if (start.length < FRAME_BYTES) throw cutWithin;
  const view = viewOf(start);
  let littleEndian = before;
  const isSection = view.getUint32(0, true) === SECTION;
  if (isSection) {
    littleEndian = view.getUint32(8, true) === BYTE_ORDER;
    if (!littleEndian && view.getUint32(8) !== BYTE_ORDER) {
      throw new CaptureError(
        `the capture is broken: block ${number} has no byte order`,
      );
    }
  }
  const type = view.getUint32(0, littleEndian);
  const size = view.getUint32(4, littleEndian);
  if (size < FRAME_BYTES || size % 4 !== 0 || size > MAX_PACKET_BYTES) {
    throw new CaptureError(
      `the capture is broken: block ${number} has ${size} bytes`,
    );
  }
  const bytes = await reader.take(size);
  if (bytes.length < size) throw cutWithin;
  const body = viewOf(bytes.subarray(8, size - 4));
  return { type, body, littleEndian };
}

function interfaceOf(body: DataView, littleEndian: boolean): Interface {
  let units = 1e6, offset = 0;
  for (let at = 8; at + 4 <= body.byteLength;) {
    const code = body.getUint16(at, littleEndian);
    const size = body.getUint16(at + 2, littleEndian);
    if (code === 0) break;
    if (code === RESOLUTION) {
      const power = body.getUint8(at + 4);
      units = power & 0x80 ? 2 ** (power & 0x7f) : 10 ** power;
    }
    if (code === TIME_OFFSET) {
      offset = Number(body.getBigInt64(at + 4, littleEndian));
    }
    at += 4 + Math.ceil(size / 4) * 4;
  }
  return {
    linkType: body.getUint16(0, littleEndian),
    snapLength: body.getUint32(4, littleEndian),
    units,
    offset,
  };
}

/** Returns bytes of a block; throws a RangeError if it has fewer. */
function cut(body: DataView, at: number, size: number): Uint8Array {
  if (at + size > body.byteLength) throw new RangeError("Beyond the block");
  return new Uint8Array(body.buffer, body.byteOffset + at, size);
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
