/**
 * A back-plane over Redis.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { Buffer } from "node:buffer";
import { createClient, type RedisClientOptions } from "@redis/client";
import { checkNumbers } from "../transport/number_option.ts";
import { checkTextOption } from "./_text_option.ts";
import type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";

/** Options of {@linkcode redisBackPlane}. */
export interface RedisOptions {
  /** URL of the server, with user and password if it wants them; `redis://127.0.0.1:6379` by default. */
  readonly url?: string | undefined;
  /** Beginning of all channels; `gotalk:` by default. Rooms with the same one are shared. */
  readonly prefix?: string | undefined;
  /**
   * Maximum of the bytes that are published and that the server has not
   * confirmed; 8 MiB by default. While it is exceeded, what is published is lost.
   */
  readonly maxPendingBytes?: number | undefined;
  /** Further options of the client library, such as `username` and `password`. */
  readonly connection?: Readonly<Record<string, unknown>> | undefined;
}

/** The first and the longest time between attempts to connect again, in milliseconds. */
const MIN_DELAY = 50;
const MAX_DELAY = 2_000;
/** How soon a connection that does not answer is given up, in milliseconds. */
const SOCKET_TIMEOUT = 10_000;
const PING_INTERVAL = 4_000;

/**
 * Connects to Redis, and returns a back-plane over its channels; nothing is stored
 * there. The connections, one to publish and one to subscribe, are made again
 * whenever they end, however often that fails; what is published meanwhile is lost.
 *
 * Uses the npm package `@redis/client`. Needs permission to use the network.
 *
 * @throws {Error} If the first attempt to connect fails, or the server refuses it.
 * @throws {RangeError} If `maxPendingBytes` is less than 0, or `NaN`.
 * @throws {TypeError} If `maxPendingBytes` is not a number, `prefix` no string, or
 * an option unknown.
 *
 * @example
 * ```ts ignore
 * import { Rooms } from "@gotalk/gotalk/rooms";
 * import { redisBackPlane } from "@gotalk/gotalk/rooms/redis";
 *
 * const backPlane = await redisBackPlane({ url: "redis://10.0.0.1:6379" });
 * await using rooms = new Rooms({ backPlane });
 * ```
 */
export async function redisBackPlane(
  options: RedisOptions = {},
): Promise<BackPlane> {
  checkOptionNames(options, {
    connection: 1,
    maxPendingBytes: 1,
    prefix: 1,
    url: 1,
  });
  checkNumbers(options, { maxPendingBytes: 0 });
  checkTextOption("prefix", options.prefix);
  const { prefix = "gotalk:", maxPendingBytes = 8 * 1024 * 1024 } = options;
  const publisher = client(options, { disableOfflineQueue: true });
  const subscriber = client(options, {});
  try {
    await Promise.all([publisher.connect(), subscriber.connect()]);
  } catch (error) {
    for (const each of [publisher, subscriber]) if (each.isOpen) each.destroy();
    throw error;
  }
  return new RedisBackPlane(publisher, subscriber, prefix, maxPendingBytes);
}

type Client = ReturnType<typeof createClient>;

function client(
  { url = "redis://127.0.0.1:6379", connection }: RedisOptions,
  own: RedisClientOptions,
): Client {
  let hasConnected = false;
  const created = createClient({
    ...connection,
    url,
    ...own,
    // The library would read a variable of the environment.
    maintNotifications: "disabled",
    pingInterval: PING_INTERVAL,
    socket: {
      socketTimeout: SOCKET_TIMEOUT,
      ...connection?.socket as object | undefined,
      reconnectStrategy(retries: number, cause: Error) {
        if (!hasConnected) return cause;
        const delay = Math.min(MIN_DELAY * 2 ** retries, MAX_DELAY);
        return delay * (0.5 + Math.random() / 2);
      },
    } as NonNullable<RedisClientOptions["socket"]>,
  }) as unknown as Client;
  created.on("ready", () => hasConnected = true);
  // Without a listener, an error would end the process. It connects again.
  created.on("error", () => {});
  return created;
}

class RedisBackPlane implements BackPlane {
  readonly #publisher: Client;
  readonly #subscriber: Client;
  readonly #prefix: string;
  readonly #maxPendingBytes: number;
  /** Bytes that were published and that the server has not confirmed. */
  #pending = 0;
  #closed = false;

  constructor(
    publisher: Client,
    subscriber: Client,
    prefix: string,
    maxPendingBytes: number,
  ) {
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#prefix = prefix;
    this.#maxPendingBytes = maxPendingBytes;
  }

  publish(topic: string, message: Uint8Array): boolean {
    if (this.#closed || !this.#publisher.isReady) return false;
    if (this.#pending > this.#maxPendingBytes) return false;
    const { buffer, byteOffset, length } = message;
    this.#pending += length;
    const confirmed = () => this.#pending -= length;
    this.#publisher.publish(
      this.#prefix + topic,
      Buffer.from(buffer as ArrayBuffer, byteOffset, length),
    ).then(confirmed, confirmed);
    return true;
  }

  subscribe(
    topic: string,
    receive: (message: Uint8Array) => void,
  ): BackPlaneSubscription {
    if (this.#closed) return { ready: Promise.resolve(), close() {} };
    const channel = this.#prefix + topic;
    // The data is a view of what was read from the socket.
    const listener = (data: Buffer) => receive(new Uint8Array(data));
    const subscribed = this.#subscriber.subscribe(channel, listener, true);
    return {
      ready: subscribed.then(() => {}, () => {}),
      close: () => {
        if (this.#closed) return;
        this.#subscriber.unsubscribe(channel, listener, true).catch(() => {});
      },
    };
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([end(this.#publisher), end(this.#subscriber)]);
  }
}

/** Sends queued messages if there is a connection, and closes it. */
async function end(client: Client): Promise<void> {
  if (!client.isReady) return client.destroy();
  try {
    await client.close();
  } catch {
    // It has ended meanwhile.
  }
}
