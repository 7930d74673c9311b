/**
 * The packets of a pcap file.
 *
 * @module
 */

import type { ByteReader } from "./byte_reader.ts";
import { CaptureError } from "./capture_error.ts";
import { MAX_PACKET_BYTES, type Packet } from "./_packet.ts";

/** The first four bytes, and how many units of time a second has. */
const MAGICS: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1e6],
  [0xa1b23c4d, 1e9],
]);

const HEADER_BYTES = 24, LINK_TYPE_AT = 20;

const PACKET_HEADER_BYTES = 16;

/** Whether a file that begins with these four bytes is a pcap file. */
export function isPcap(start: Uint8Array): boolean {
  return start.length >= 4 && formatOf(start) !== undefined;
}

function formatOf(
  start: Uint8Array,
): { littleEndian: boolean; units: number } | undefined {
  for (const littleEndian of [true, false]) {
    const units = MAGICS.get(viewOf(start).getUint32(0, littleEndian));
    if (units !== undefined) return { littleEndian, units };
  }
  return undefined;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}

/**
 * Yields the packets.
 *
 * @throws {CaptureError} If the file is broken, or ends within a packet.
 */
export async function* pcapPackets(
  reader: ByteReader,
): AsyncGenerator<Packet, void, undefined> {
  const header = await reader.take(HEADER_BYTES);
  if (header.length < HEADER_BYTES) {
    throw new CaptureError("the capture is cut within its header");
  }
  const { littleEndian, units } = formatOf(header)!;
  // The upper bits tell of checksums behind each frame, which are no payload.
  const linkType = viewOf(header).getUint32(LINK_TYPE_AT, littleEndian) &
    0xffff;
  for (let number = 1;; number++) {
    const start = await reader.take(PACKET_HEADER_BYTES);
    if (start.length === 0) return;
    if (start.length < PACKET_HEADER_BYTES) throw cutWithin(number);
    const view = viewOf(start);
    const size = view.getUint32(8, littleEndian);
    if (size > MAX_PACKET_BYTES) {
      throw new CaptureError(
        `the capture is broken: packet ${number} has ${size} bytes`,
      );
    }
    const bytes = await reader.take(size);
    if (bytes.length < size) throw cutWithin(number);
    const seconds = view.getUint32(0, littleEndian);
    const fraction = view.getUint32(4, littleEndian) / units;
    yield { time: (seconds + fraction) * 1000, linkType, bytes };
  }
}

function cutWithin(number: number): CaptureError {
  return new CaptureError(
    `the capture is cut: it ends within packet ${number}`,
  );
}
