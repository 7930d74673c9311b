/**
 * Iterating over what a listener accepts.
 *
 * @module
 */

import type { Channel, Listener } from "./channel.ts";

/** The channels that a listener accepts until it is closed; throws when accepting fails. */
export async function* acceptedBy(
  listener: Pick<Listener, "accept">,
): AsyncGenerator<Channel, void, void> {
  for (let channel; (channel = await listener.accept()) !== null;) {
    yield channel;
  }
}
