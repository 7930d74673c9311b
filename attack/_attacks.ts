/**
 * All attacks: what hostile clients send.
 *
 * @module
 */

import { type Attack, SERVERS } from "./_attack.ts";
import { BYTE_ATTACKS, FRAME_ATTACKS } from "./_byte_attacks.ts";
import { MESSAGE_ATTACKS } from "./_message_attacks.ts";

/** All attacks. */
export const ATTACKS: readonly Attack[] = [
  ...MESSAGE_ATTACKS.map((attack) => ({
    ...attack,
    layer: "messages" as const,
  })),
  ...FRAME_ATTACKS.map((attack) => ({
    ...attack,
    on: SERVERS.sockets,
    layer: "frames" as const,
  })),
  ...BYTE_ATTACKS.map((attack) => ({ ...attack, layer: "bytes" as const })),
];
