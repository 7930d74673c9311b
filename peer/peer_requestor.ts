/**
 * What reconnecting and broadcasts do with the requestor of a peer.
 * Internal to the package.
 *
 * @module
 */

import { type Peer, requestorOf } from "./peer.ts";
import type { Remote } from "./remote.ts";

/** Returns whether the remote peer is known to drain. */
export function isRemoteDraining(peer: Peer): boolean {
  return requestorOf(peer)?.remoteDrains === true;
}

/** Has calls fail as not sent if the remote peer refuses them because it drains, and calls back once that is known. */
export function moveOnFromDraining(peer: Peer, drains?: () => void): void {
  const requestor = requestorOf(peer);
  if (requestor === undefined) return;
  requestor.movesOn = true;
  requestor.onRemoteDrains = drains;
}

/**
 * Sends a notification if that is possible now. Returns whether it was sent;
 * `undefined` if the remote peer is not reached through a {@linkcode Peer}.
 */
export function offerNotification(
  remote: Remote,
  name: string,
  payload: Uint8Array,
): boolean | undefined {
  return requestorOf(remote)?.offer(name, payload);
}
