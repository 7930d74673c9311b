/**
 * A captured packet.
 *
 * @module
 */

/** A packet as it was captured. */
export interface Packet {
  /** When, in milliseconds since 1970. */
  readonly time: number;
  /** What the bytes begin with: a number of the registry of link types. */
  readonly linkType: number;
  /** The bytes that were captured, which can be fewer than were sent. */
  readonly bytes: Uint8Array;
}

/** The largest packet or block that is read: more means that the file is broken. */
export const MAX_PACKET_BYTES: number = 16 * 1024 * 1024;
