/**
 * Notifications to many peers.
 *
 * @module
 */

import { bytes, json, quoteName, text } from "../codec/mod.ts";
import type { ByteSource } from "../quoting/byte_source.ts";
import { nameOfValue } from "../quoting/value.ts";
import type {
  AnyContract,
  Contract,
  NotificationArguments,
  NotificationName,
  NotificationValue,
} from "./contract.ts";
import type { Peer } from "./peer.ts";
import { offerNotification } from "./peer_requestor.ts";
import type { Remote } from "./remote.ts";
import { unreserved } from "./reserved_names.ts";

/** How many peers a broadcast reached. */
export interface BroadcastResult {
  /** Number of peers whose copy is sent, or queued to be sent. */
  readonly sent: number;
  /** Number of peers that have left, or whose write queue is full since they read too slowly. */
  readonly dropped: number;
}

/**
 * Sends a notification with a JSON payload to many peers.
 *
 * The value is encoded once, and nothing waits: a peer that reads too slowly
 * loses its copy, which is counted in its `stats.unsent` and reported as its
 * event `unsent`, and a peer that has left is skipped. A `ReconnectingPeer`
 * counts as reached, since it queues what it cannot send yet.
 *
 * @throws {ValidationError} If the value cannot be encoded as JSON.
 * @throws {LimitError} If the name is too long.
 * @throws {TypeError} If the name begins with `gotalk:`.
 *
 * @example To all clients but the one that said it
 * ```ts
 * import { broadcast, connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers: Handlers = new Handlers().handle("say", (text: string, { peer }) => {
 *   const others = server.peers.values().filter((other) => other !== peer);
 *   return broadcast(others, "said", text);
 * });
 * await using server = await serve({ port: 0 }, handlers);
 *
 * const { promise, resolve } = Promise.withResolvers<string>();
 * await using ali = await connect(server.address);
 * await using _eva = await connect(server.address, {
 *   handlers: new Handlers().onNotification("said", resolve),
 * });
 * assertEquals(await ali.request("say", "hello"), { sent: 1, dropped: 0 });
 * assertEquals(await promise, "hello");
 * ```
 */
export function broadcast<
  Offered extends Contract = AnyContract,
  Name extends NotificationName<Offered> = NotificationName<Offered>,
>(
  // `Peer` is named too, for inference finds no contract through an interface.
  peers: Iterable<Peer<Offered> | Remote<Offered>>,
  name: Name,
  ...[value]: NotificationArguments<NotificationValue<Offered, Name>>
): BroadcastResult {
  return toAll(peers, name, json.encode(value, { operation: name }));
}

/** Sends a notification with a text payload to many peers. Does the rest like {@linkcode broadcast}. */
export function broadcastText(
  peers: Iterable<Remote>,
  name: string,
  value: string,
): BroadcastResult {
  return toAll(peers, name, text.encode(value, { operation: name }));
}

/**
 * Sends a notification with a payload of bytes, which must not change until they
 * are sent, to many peers. Does the rest like {@linkcode broadcast}.
 */
export function broadcastBytes(
  peers: Iterable<Remote>,
  name: string,
  payload: ByteSource,
): BroadcastResult {
  return toAll(peers, name, bytes.encode(payload, { operation: name }));
}

function toAll<Offered extends Contract>(
  peers: Iterable<Peer<Offered> | Remote<Offered>>,
  name: string,
  payload: Uint8Array,
): BroadcastResult {
  if (typeof peers?.[Symbol.iterator] !== "function") {
    throw new TypeError(
      `Cannot broadcast ${quoteName(name)}: got ${
        nameOfValue(peers)
      }, wanted peers, such as server.peers`,
    );
  }
  unreserved(name, "broadcast");
  let sent = 0;
  let dropped = 0;
  for (const peer of peers) {
    checkPeer(peer, name);
    const isSent = offerNotification(peer as unknown as Remote, name, payload);
    if (isSent === false) dropped++;
    else sent++;
    if (isSent === undefined) {
      void (peer as unknown as Remote).notifyBytes(name, payload)
        .catch(() => {});
    }
  }
  return { sent, dropped };
}

/** Checks that a value is a peer, of any copy of the package: a `Map` of peers is iterable, too. */
function checkPeer(peer: unknown, name: string): void {
  const { notifyBytes } = Object(peer) as Partial<Remote>;
  if (typeof notifyBytes === "function") return;
  throw new TypeError(
    `Cannot broadcast ${quoteName(name)}: got ${
      nameOfValue(peer)
    } among the peers, wanted peers, such as map.keys() of a Map`,
  );
}
