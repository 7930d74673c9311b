/**
 * A back-plane over NATS.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { LimitError } from "../mod.ts";
import { checkNumbers } from "../transport/number_option.ts";
import { describeValue } from "../quoting/value.ts";
import { checkTextOption } from "./_text_option.ts";
import type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";

/** Options of {@linkcode natsBackPlane}. */
export interface NatsOptions {
  /** Addresses of servers, `host:port`; `127.0.0.1:4222` by default. */
  readonly servers?: string | string[] | undefined;
  /** First tokens of all subjects; `gotalk` by default. Rooms with the same one are shared. */
  readonly prefix?: string | undefined;
  /**
   * Maximum of the bytes that are published and that the server has not
   * confirmed; 8 MiB by default. While it is exceeded, what is published is lost.
   */
  readonly maxPendingBytes?: number | undefined;
  /** Further options of the client library, such as `tls`, `user` and `pass`. */
  readonly connection?: Readonly<Record<string, unknown>> | undefined;
}

/** How soon a connection that does not answer is given up: after two intervals. */
const PING_INTERVAL = 5_000;
/** The time between attempts to connect again, in milliseconds, and what is added at random. */
const RECONNECT_WAIT = 250;
/** How long closing waits for what is on its way, in milliseconds. */
const CLOSE_TIMEOUT = 1_000;

/**
 * Connects to NATS, and returns a back-plane over it. The connection is made again
 * whenever it ends, however often that fails; what is published meanwhile is lost.
 *
 * Each room is a subject, so a server sends a process only what its rooms need.
 * A message is at most `max_payload` of the server, 1 MiB unless it is configured.
 *
 * Uses the npm package `@nats-io/transport-node`. Needs permission to use the
 * network.
 *
 * @throws {Error} If the first attempt to connect fails, or the server refuses it.
 * @throws {RangeError} If `maxPendingBytes` is less than 0, or `NaN`.
 * @throws {TypeError} If `maxPendingBytes` is not a number, `prefix` begins no
 * subject, or an option is unknown.
 *
 * @example
 * ```ts ignore
 * import { Rooms } from "@gotalk/gotalk/rooms";
 * import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";
 *
 * const backPlane = await natsBackPlane({ servers: ["10.0.0.1:4222", "10.0.0.2:4222"] });
 * await using rooms = new Rooms({ backPlane });
 * ```
 */
export async function natsBackPlane(
  options: NatsOptions = {},
): Promise<BackPlane> {
  checkOptionNames(options, {
    connection: 1,
    maxPendingBytes: 1,
    prefix: 1,
    servers: 1,
  });
  checkNumbers(options, { maxPendingBytes: 0 });
  const { servers, prefix = "gotalk", maxPendingBytes = 8 * 1024 * 1024 } =
    options;
  checkPrefix(prefix);
  const connection = await connect({
    pingInterval: PING_INTERVAL,
    maxPingOut: 2,
    reconnectTimeWait: RECONNECT_WAIT,
    reconnectJitter: RECONNECT_WAIT,
    // The address of the server may be wrong for a while, and so may its accounts.
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    ...options.connection,
    ...servers !== undefined && { servers },
    noEcho: true,
  });
  return new NatsBackPlane(connection, prefix, maxPendingBytes);
}

/** Checks a prefix: of another one, the server delivers nothing, or nothing of what is published. */
function checkPrefix(prefix: string): void {
  checkTextOption("prefix", prefix);
  if (/^[^\s.*>]+(\.[^\s.*>]+)*$/.test(prefix)) return;
  throw new TypeError(
    `Cannot set prefix: got ${
      describeValue(prefix)
    }, wanted tokens of a subject, without spaces, "*" and ">"`,
  );
}

class NatsBackPlane implements BackPlane {
  readonly #connection: NatsConnection;
  readonly #prefix: string;
  readonly #maxPendingBytes: number;
  #connected = true;
  /** What was published over this connection, in bytes, and no flush has confirmed. */
  #pending = { bytes: 0 };
  /** The flush that confirms what is published in this turn of the event loop. */
  #flush: Promise<void> | undefined;
  /** Resolves when the connection has been made again. */
  #reconnected = Promise.withResolvers<void>();

  constructor(
    connection: NatsConnection,
    prefix: string,
    maxPendingBytes: number,
  ) {
    this.#connection = connection;
    this.#prefix = prefix;
    this.#maxPendingBytes = maxPendingBytes;
    void this.#watch();
  }

  publish(topic: string, message: Uint8Array): boolean {
    // The library would queue without a limit.
    if (!this.#connected || this.#pending.bytes > this.#maxPendingBytes) {
      return false;
    }
    const limit = this.#connection.info?.max_payload ?? Infinity;
    if (message.length > limit) {
      throw new LimitError(
        `Cannot publish a message: got ${message.length} bytes, wanted at most ${limit}, the max_payload of the server`,
        { code: "max_payload" },
      );
    }
    const { length } = message;
    this.#connection.publish(this.#subject(topic), message);
    // A flush may be confirmed over a later connection than that of its messages.
    const pending = this.#pending;
    pending.bytes += length;
    void this.#flushed().then(() => pending.bytes -= length, () => {});
    return true;
  }

  subscribe(
    topic: string,
    receive: (message: Uint8Array) => void,
  ): BackPlaneSubscription {
    if (this.#connection.isClosed()) {
      return { ready: Promise.resolve(), close() {} };
    }
    const subscription = this.#connection.subscribe(this.#subject(topic), {
      // The data is a view of what was read from the socket.
      callback: (error, { data }) => {
        if (error === null) receive(data.slice());
      },
    });
    return {
      ready: this.#subscribed(),
      close: () => subscription.unsubscribe(),
    };
  }

  async close(): Promise<void> {
    if (this.#connection.isClosed()) return;
    if (this.#connected) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, CLOSE_TIMEOUT);
      await Promise.race([promise, this.#flushed().catch(() => {})]);
      clearTimeout(timer);
    }
    this.#connected = false;
    await this.#connection.close();
  }

  #subject(topic: string): string {
    const token = encodeURIComponent(topic)
      .replaceAll(".", "%2E").replaceAll("*", "%2A");
    return `${this.#prefix}.${token}`;
  }

  /** Resolves once the server has handled what was sent before. */
  #flushed(): Promise<void> {
    return this.#flush ??= Promise.resolve().then(() => {
      this.#flush = undefined;
      return this.#connection.flush();
    });
  }

  async #subscribed(): Promise<void> {
    while (!this.#connection.isClosed()) {
      const { promise } = this.#reconnected;
      try {
        return await this.#flushed();
      } catch {
        // The library subscribes again with each connection.
        await promise;
      }
    }
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") this.#connected = false;
      if (type !== "reconnect") continue;
      this.#connected = true;
      this.#pending = { bytes: 0 };
      this.#reconnected.resolve();
      this.#reconnected = Promise.withResolvers();
    }
    this.#connected = false;
    this.#reconnected.resolve();
  }
}
