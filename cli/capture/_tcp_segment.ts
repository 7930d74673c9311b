/**
 * TCP segments in IP packets.
 *
 * @module
 */

/** The address and port of one end of a connection. */
export interface Endpoint {
  readonly address: Uint8Array;
  readonly port: number;
}

/** A TCP segment. */
export interface Segment {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly sequence: number;
  /** What the sender has received; `undefined` if the segment does not say it. */
  readonly acknowledged: number | undefined;
  readonly isSyn: boolean;
  readonly isFin: boolean;
  readonly isReset: boolean;
  readonly payload: Uint8Array;
}

const TCP = 6;

/** Headers of IPv6 in front of another one, all with their length in the same place. */
const EXTENSIONS: ReadonlySet<number> = new Set([0, 43, 60, 135, 139, 140]);
const FRAGMENT = 44, AUTHENTICATION = 51;

const FIN = 1, SYN = 2, RST = 4, ACK = 16;

/** Returns the TCP segment in an IP packet, `"fragment"` if the packet is a part of one, or `undefined` if there is none. */
export function tcpSegment(
  packet: Uint8Array,
): Segment | "fragment" | undefined {
  const view = new DataView(
    packet.buffer,
    packet.byteOffset,
    packet.byteLength,
  );
  try {
    switch (view.getUint8(0) >> 4) {
      case 4:
        return ofIpv4(packet, view);
      case 6:
        return ofIpv6(packet, view);
      default:
        return undefined;
    }
  } catch (error) {
    // A header lies behind the end.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function ofIpv4(
  packet: Uint8Array,
  view: DataView,
): ReturnType<typeof tcpSegment> {
  if (view.getUint8(9) !== TCP) return undefined;
  if ((view.getUint16(6) & 0x3fff) !== 0) return "fragment";
  // A network card that cuts packets itself leaves the length out.
  const size = view.getUint16(2) || packet.length;
  const headerBytes = (view.getUint8(0) & 15) * 4;
  const addresses = packet.subarray(12, 20);
  return segment(addresses, packet.subarray(headerBytes, size));
}

function ofIpv6(
  packet: Uint8Array,
  view: DataView,
): ReturnType<typeof tcpSegment> {
  let next = view.getUint8(6);
  let at = 40;
  for (;;) {
    if (next === TCP) break;
    if (next === FRAGMENT) {
      // The first and last fragment at once is a whole packet.
      if ((view.getUint16(at + 2) & 0xfff9) !== 0) return "fragment";
      next = view.getUint8(at);
      at += 8;
    } else if (EXTENSIONS.has(next) || next === AUTHENTICATION) {
      const size = view.getUint8(at + 1);
      const length = next === AUTHENTICATION ? (size + 2) * 4 : (size + 1) * 8;
      next = view.getUint8(at);
      at += length;
    } else return undefined;
  }
  const size = view.getUint16(4);
  const end = size === 0 ? packet.length : 40 + size;
  return segment(packet.subarray(8, 40), packet.subarray(at, end));
}

function segment(addresses: Uint8Array, bytes: Uint8Array): Segment {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = view.getUint8(13);
  const half = addresses.length / 2;
  return {
    from: { address: addresses.subarray(0, half), port: view.getUint16(0) },
    to: { address: addresses.subarray(half), port: view.getUint16(2) },
    sequence: view.getUint32(4),
    acknowledged: flags & ACK ? view.getUint32(8) : undefined,
    isSyn: (flags & SYN) !== 0,
    isFin: (flags & FIN) !== 0,
    isReset: (flags & RST) !== 0,
    payload: bytes.subarray((view.getUint8(12) >> 4) * 4),
  };
}

/** Returns an endpoint as people write it. */
export function endpointText({ address, port }: Endpoint): string {
  if (address.length === 4) return `${address.join(".")}:${port}`;
  const groups = Array.from(
    { length: 8 },
    (_, index) =>
      (address[index * 2]! * 256 + address[index * 2 + 1]!).toString(16),
  );
  // URL shortens it as people do.
  return `${new URL(`tcp://[${groups.join(":")}]`).hostname}:${port}`;
}
