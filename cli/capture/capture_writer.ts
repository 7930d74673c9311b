/**
 * Captures that are written: TCP connections without a network, as pcap.
 *
 * @module
 */

import { concat } from "@std/bytes";
import type { Direction } from "./captured_event.ts";

/** One end of a connection. */
export interface WrittenEndpoint {
  /** Four bytes of IPv4, or 16 of IPv6. */
  readonly address: Uint8Array;
  readonly port: number;
}

/** A TCP segment to write. */
export interface WrittenSegment {
  readonly from: WrittenEndpoint;
  readonly to: WrittenEndpoint;
  readonly sequence: number;
  readonly acknowledged: number;
  /** The sum of {@linkcode TCP_FLAGS}. */
  readonly flags: number;
  readonly payload?: Uint8Array;
}

/** The bits of flags. */
export const TCP_FLAGS = {
  fin: 1,
  syn: 2,
  reset: 4,
  push: 8,
  ack: 16,
} as const;

/** The link type of packets without a frame around them. */
const RAW_IP = 101;

/** The most bytes of a segment, so that it fits into a packet. */
const MAX_SEGMENT_BYTES = 32 * 1024;

const WINDOW = 65_535;

/** Returns the header of a pcap file. */
export function pcapHeader(linkType: number = RAW_IP): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, 0xa1b2c3d4, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, 262_144, true);
  view.setUint32(20, linkType, true);
  return new Uint8Array(view.buffer);
}

/** Returns a packet of a pcap file, captured at a time in milliseconds since 1970. */
export function pcapPacket(packet: Uint8Array, time: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  const microseconds = Math.round(time * 1000);
  view.setUint32(0, Math.floor(microseconds / 1e6), true);
  view.setUint32(4, microseconds % 1e6, true);
  view.setUint32(8, packet.length, true);
  view.setUint32(12, packet.length, true);
  return concat([new Uint8Array(view.buffer), packet]);
}

/** Returns an IP packet with a TCP segment. */
export function tcpPacket(segment: WrittenSegment): Uint8Array {
  const { from, to, payload = new Uint8Array(0) } = segment;
  const tcp = new DataView(new ArrayBuffer(20));
  tcp.setUint16(0, from.port);
  tcp.setUint16(2, to.port);
  tcp.setUint32(4, segment.sequence);
  tcp.setUint32(8, segment.acknowledged);
  tcp.setUint8(12, 5 << 4);
  tcp.setUint8(13, segment.flags);
  tcp.setUint16(14, WINDOW);
  const addresses = concat([from.address, to.address]);
  const size = 20 + payload.length;
  // The protocol and the size count, as if they were in front.
  const sum = sumOf(addresses) + sumOf(bytesOf(tcp)) + sumOf(payload) + 6 +
    size;
  tcp.setUint16(16, checksum(sum));
  const header = from.address.length === 4
    ? ipv4Header(addresses, size)
    : ipv6Header(addresses, size);
  return concat([header, bytesOf(tcp), payload]);
}

function ipv4Header(addresses: Uint8Array, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(20));
  view.setUint8(0, 0x45);
  view.setUint16(2, 20 + size);
  view.setUint16(6, 0x4000); // It is no fragment.
  view.setUint8(8, 64);
  view.setUint8(9, 6);
  bytesOf(view).set(addresses, 12);
  view.setUint16(10, checksum(sumOf(bytesOf(view))));
  return bytesOf(view);
}

function ipv6Header(addresses: Uint8Array, size: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(40));
  view.setUint8(0, 0x60);
  view.setUint16(4, size);
  view.setUint8(6, 6);
  view.setUint8(7, 64);
  bytesOf(view).set(addresses, 8);
  return bytesOf(view);
}

function bytesOf({ buffer }: DataView): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer);
}

/** Adds bytes up as numbers of 16 bits. */
function sumOf(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
  }
  return sum;
}

function checksum(sum: number): number {
  let rest = sum;
  while (rest > 0xffff) rest = (rest % 0x10000) + Math.floor(rest / 0x10000);
  return ~rest & 0xffff;
}

/** Writes connections into one pcap file. */
export class CaptureWriter {
  readonly #write: (bytes: Uint8Array) => void;

  /** Writes the header of the file. */
  constructor(write: (bytes: Uint8Array) => void) {
    this.#write = write;
    write(pcapHeader());
  }

  /** Writes the first packets of a connection. */
  open(
    initiator: WrittenEndpoint,
    acceptor: WrittenEndpoint,
    time: number,
  ): WrittenConnection {
    return new WrittenConnection(
      { ">": initiator, "<": acceptor },
      (segment, time) => this.#write(pcapPacket(tcpPacket(segment), time)),
      time,
    );
  }
}

type WriteSegment = (segment: WrittenSegment, time: number) => void;

/** A connection in a capture that is written. */
export class WrittenConnection {
  readonly #ends: Readonly<Record<Direction, WrittenEndpoint>>;
  readonly #write: WriteSegment;
  /** The number of the next byte of each direction. */
  readonly #next: Record<Direction, number> = { ">": 1000, "<": 5000 };

  /** Writes the first packets. */
  constructor(
    ends: Readonly<Record<Direction, WrittenEndpoint>>,
    write: WriteSegment,
    time: number,
  ) {
    this.#ends = ends;
    this.#write = write;
    this.#segment(">", TCP_FLAGS.syn, time);
    this.#next[">"]++;
    this.#segment("<", TCP_FLAGS.syn | TCP_FLAGS.ack, time);
    this.#next["<"]++;
    this.#segment(">", TCP_FLAGS.ack, time);
  }

  /** Writes bytes that one peer sends. */
  send(by: Direction, bytes: Uint8Array, time: number): void {
    for (let at = 0; at < bytes.length; at += MAX_SEGMENT_BYTES) {
      const payload = bytes.subarray(at, at + MAX_SEGMENT_BYTES);
      this.#segment(by, TCP_FLAGS.push | TCP_FLAGS.ack, time, payload);
      this.#next[by] = (this.#next[by] + payload.length) >>> 0;
    }
  }

  /** Writes the end of what one peer sends. */
  end(by: Direction, time: number): void {
    this.#segment(by, TCP_FLAGS.fin | TCP_FLAGS.ack, time);
    this.#next[by] = (this.#next[by] + 1) >>> 0;
  }

  #segment(
    by: Direction,
    flags: number,
    time: number,
    payload?: Uint8Array,
  ): void {
    const other = by === ">" ? "<" : ">";
    this.#write({
      from: this.#ends[by],
      to: this.#ends[other],
      sequence: this.#next[by],
      acknowledged: flags & TCP_FLAGS.ack ? this.#next[other] : 0,
      flags,
      ...payload && { payload },
    }, time);
  }
}
