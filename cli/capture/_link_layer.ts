/**
 * What frames are wrapped in.
 *
 * @module
 */

const IPV4 = 0x0800, IPV6 = 0x86dd;

/** The types of frames with a tag of a virtual network. */
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8, 0x9100]);

/** What tells IPv6 on a loopback interface, by operating system. */
const LOOPBACK_IPV6: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/** Finds the IP packet in a frame; `undefined` if there is none. */
type Unwrap = (frame: Uint8Array) => Uint8Array | undefined;

/** One for each link type that is read. */
const LINK_TYPES: ReadonlyMap<number, Unwrap> = new Map<number, Unwrap>([
  [0, loopback],
  [1, (frame) => byEtherType(frame, 12, 14)],
  [12, (frame) => frame],
  [14, (frame) => frame],
  [101, (frame) => frame],
  [108, loopback],
  [113, (frame) => byEtherType(frame, 14, 16)],
  [228, (frame) => frame],
  [229, (frame) => frame],
  [276, (frame) => byEtherType(frame, 0, 20)],
]);

/** Whether frames of a link type are read: Ethernet, loopback, Linux cooked, raw IP. */
export function isLinkType(linkType: number): boolean {
  return LINK_TYPES.has(linkType);
}

/** Returns the IP packet in a frame; `undefined` if there is none. */
export function ipPacket(
  linkType: number,
  frame: Uint8Array,
): Uint8Array | undefined {
  return LINK_TYPES.get(linkType)?.(frame);
}

function byEtherType(
  frame: Uint8Array,
  typeAt: number,
  dataAt: number,
): Uint8Array | undefined {
  let type = number16(frame, typeAt);
  let at = dataAt;
  while (VLAN.has(type)) {
    type = number16(frame, at + 2);
    at += 4;
  }
  return type === IPV4 || type === IPV6 ? frame.subarray(at) : undefined;
}

/** The family of addresses is in the byte order of the machine that captured it, or of the network. */
function loopback(frame: Uint8Array): Uint8Array | undefined {
  if (frame[1] !== 0 || frame[2] !== 0) return undefined;
  const family = Math.max(frame[0]!, frame[3]!);
  return family === 2 || LOOPBACK_IPV6.has(family)
    ? frame.subarray(4)
    : undefined;
}

/** Returns two bytes as a number; NaN beyond the end. */
function number16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? NaN) * 256 + (bytes[at + 1] ?? NaN);
}
