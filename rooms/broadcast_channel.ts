/**
 * A back-plane for the workers of one process, over a `BroadcastChannel`.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { checkTextOption } from "./_text_option.ts";
import type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";

type Receive = (message: Uint8Array) => void;

/** Options of {@linkcode broadcastChannelBackPlane}. */
export interface BroadcastChannelOptions {
  /** Name of the channel: workers that use the same one share their rooms; `gotalk` by default. */
  readonly name?: string | undefined;
}

/**
 * Returns a back-plane between the workers of a process, those of
 * `deno serve --parallel` included. Other processes do not receive anything.
 *
 * Each message is copied to each worker, whatever its rooms are. The runtime
 * queues messages without a limit for a worker whose event loop is blocked.
 *
 * @example
 * ```ts
 * import { Rooms } from "@gotalk/gotalk/rooms";
 * import { broadcastChannelBackPlane } from "@gotalk/gotalk/rooms/broadcast-channel";
 *
 * await using rooms = new Rooms({ backPlane: broadcastChannelBackPlane() });
 * rooms.room("lobby").notify("said", "hello"); // also to members in other workers
 * ```
 */
export function broadcastChannelBackPlane(
  options: BroadcastChannelOptions = {},
): BackPlane {
  checkOptionNames(options, { name: 1 });
  checkTextOption("name", options.name);
  const { name = "gotalk" } = options;
  return new ChannelBackPlane(new BroadcastChannel(name));
}

class ChannelBackPlane implements BackPlane {
  readonly #channel: BroadcastChannel;
  readonly #receivers = new Map<string, Set<Receive>>();
  #closed = false;

  constructor(channel: BroadcastChannel) {
    this.#channel = channel;
    channel.onmessage = ({ data }) => this.#receive(data);
  }

  publish(topic: string, message: Uint8Array): boolean {
    if (this.#closed) return false;
    this.#channel.postMessage([topic, message]);
    return true;
  }

  subscribe(topic: string, receive: Receive): BackPlaneSubscription {
    const receivers = this.#receivers.get(topic) ?? new Set();
    this.#receivers.set(topic, receivers.add(receive));
    return {
      ready: Promise.resolve(),
      close: () => {
        receivers.delete(receive);
        if (receivers.size === 0) this.#receivers.delete(topic);
      },
    };
  }

  close(): Promise<void> {
    if (!this.#closed) this.#channel.close();
    this.#closed = true;
    this.#receivers.clear();
    return Promise.resolve();
  }

  #receive(data: unknown): void {
    // Anything in the process can post on the channel.
    if (!Array.isArray(data) || !(data[1] instanceof Uint8Array)) return;
    const [topic, message] = data;
    for (const receive of this.#receivers.get(topic) ?? []) receive(message);
  }
}
