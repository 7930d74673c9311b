/**
 * Captures for tests: packets of connections that never were, in any order and
 * any frame.
 *
 * @module
 */

import { concat } from "@std/bytes";
import {
  pcapHeader,
  pcapPacket,
  TCP_FLAGS,
  tcpPacket,
  WrittenConnection,
  type WrittenEndpoint,
} from "../capture/capture_writer.ts";
import type { Direction } from "../capture/captured_event.ts";

/** Returns text as bytes, a character each. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const IPV4 = [Uint8Array.of(10, 0, 0, 1), Uint8Array.of(10, 0, 0, 2)] as const;
const IPV6 = [1, 2].map((last) =>
  Uint8Array.from(
    { length: 16 },
    (_, at) => at === 0 ? 0xfd : at < 15 ? 0 : last,
  )
);

/** The first byte number of the initiator's data, and of the acceptor's. */
export const FIRST: Readonly<Record<Direction, number>> = {
  ">": 1001,
  "<": 5001,
};

/** The IP packets of one connection. */
export class Packets {
  readonly #ends: Readonly<Record<Direction, WrittenEndpoint>>;
  readonly #packets: Uint8Array[] = [];
  readonly #connection: WrittenConnection;
  /** The first three. */
  readonly opening: readonly Uint8Array[];

  /** Creates the packets of a connection from a port to another. */
  constructor(
    { port = 40_000, to = 1234, isIpv6 = false } = {},
  ) {
    const [first, second] = isIpv6 ? IPV6 : IPV4;
    this.#ends = {
      ">": { address: first!, port },
      "<": { address: second!, port: to },
    };
    this.#connection = new WrittenConnection(
      this.#ends,
      (segment) => this.#packets.push(tcpPacket(segment)),
      0,
    );
    this.opening = this.#packets.splice(0);
  }

  /** Returns the packet of the next bytes that one peer sends. */
  send(by: Direction, data: string | Uint8Array): Uint8Array {
    const bytes = typeof data === "string" ? bytesOf(data) : data;
    this.#connection.send(by, bytes, 0);
    return this.#packets.pop()!;
  }

  /** Returns the packet of the end of what one peer sends. */
  end(by: Direction): Uint8Array {
    this.#connection.end(by, 0);
    return this.#packets.pop()!;
  }

  /** Returns any packet; numbers count from the first byte of data. */
  packet(
    by: Direction,
    { sequence = 0, acknowledged, data = "", flags = TCP_FLAGS.ack }: {
      readonly sequence?: number;
      readonly acknowledged?: number;
      readonly data?: string;
      readonly flags?: number;
    },
  ): Uint8Array {
    const other = by === ">" ? "<" : ">";
    return tcpPacket({
      from: this.#ends[by],
      to: this.#ends[other],
      sequence: (FIRST[by] + sequence) >>> 0,
      acknowledged: (FIRST[other] + (acknowledged ?? 0)) >>> 0,
      flags,
      payload: bytesOf(data),
    });
  }
}

/** Returns a pcap file with a packet each millisecond. */
export function pcapFile(
  packets: readonly Uint8Array[],
  linkType?: number,
): Uint8Array {
  return concat([
    pcapHeader(linkType),
    ...packets.map((packet, index) => pcapPacket(packet, 1000 + index)),
  ]);
}

/** Returns a block of a pcapng file. */
export function block(
  type: number,
  body: Uint8Array,
  littleEndian: boolean,
): Uint8Array {
  const size = 12 + Math.ceil(body.length / 4) * 4;
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, type, littleEndian);
  view.setUint32(4, size, littleEndian);
  bytes.set(body, 8);
  view.setUint32(size - 4, size, littleEndian);
  return bytes;
}

/** Returns a pcapng file with a packet each millisecond, whose times are in nanoseconds. */
export function pcapngFile(
  packets: readonly Uint8Array[],
  { littleEndian = true, linkType = 101 } = {},
): Uint8Array {
  const body = (size: number, fill: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size));
    fill(view);
    return new Uint8Array(view.buffer);
  };
  return concat([
    block(
      0x0a0d0d0a,
      body(16, (view) => {
        view.setUint32(0, 0x1a2b3c4d, littleEndian);
        view.setUint16(4, 1, littleEndian);
      }),
      littleEndian,
    ),
    block(
      1,
      body(20, (view) => {
        view.setUint16(0, linkType, littleEndian);
        // if_tsresol: 10^-9
        view.setUint16(8, 9, littleEndian);
        view.setUint16(10, 1, littleEndian);
        view.setUint8(12, 9);
      }),
      littleEndian,
    ),
    // A block of names, which is skipped.
    block(4, new Uint8Array(4), littleEndian),
    ...packets.map((packet, index) =>
      block(
        6,
        concat([
          body(20, (view) => {
            const time = BigInt(1000 + index) * 1_000_000n;
            view.setUint32(4, Number(time >> 32n), littleEndian);
            view.setUint32(8, Number(time & 0xffff_ffffn), littleEndian);
            view.setUint32(12, packet.length, littleEndian);
            view.setUint32(16, packet.length, littleEndian);
          }),
          packet,
        ]),
        littleEndian,
      )
    ),
  ]);
}

/** Returns a WebSocket frame. */
export function frame(
  data: string | Uint8Array,
  { opcode = 2, isFinal = true, mask, rsv1 = false }: {
    readonly opcode?: number;
    readonly isFinal?: boolean;
    readonly mask?: Uint8Array;
    readonly rsv1?: boolean;
  } = {},
): Uint8Array {
  const bytes = typeof data === "string" ? bytesOf(data) : data;
  const { length } = bytes;
  const size = length < 126
    ? [length]
    : length < 65_536
    ? [126, length >> 8, length & 255]
    : [
      127,
      0,
      0,
      0,
      0,
      ...new Uint8Array(Uint32Array.of(length).buffer).toReversed(),
    ];
  if (mask !== undefined) size[0]! |= 0x80;
  const first = (isFinal ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  const masked = bytes.map((byte, at) => byte ^ (mask?.[at & 3] ?? 0));
  return concat([
    Uint8Array.of(first, ...size),
    mask ?? new Uint8Array(0),
    masked,
  ]);
}
