/**
 * Channels over Unix sockets.
 *
 * @module
 */

import { checkOptionNames } from "../quoting/option_names.ts";
import { CONNECT_UNIX_OPTIONS, LISTEN_UNIX_OPTIONS } from "./socket_options.ts";
import { unixAddress } from "./address.ts";
import { connChannel } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import type { Channel, Listener } from "./channel.ts";
import type { RefusalObserver } from "./refusals.ts";

export type { DialOptions } from "./dial.ts";
export type { RefusalObserver } from "./refusals.ts";

/** Options of {@linkcode connectUnix}. */
export interface ConnectUnixOptions extends DialOptions {
  /** The path of the socket. */
  readonly path: string;
}

/** Options of {@linkcode listenUnix}. */
export interface ListenUnixOptions {
  /** The path of the socket to create. */
  readonly path: string;
  /**
   * Called for connections that their clients end before they are accepted, at
   * most once a second. Its first failure is printed.
   */
  readonly onRefused?: RefusalObserver | undefined;
}

/**
 * Opens a channel over a Unix socket.
 *
 * Needs permission to read, write and connect to the path.
 *
 * @throws {Error} If connecting fails; `cause` has the reason. If the signal is
 * aborted, rejects with its reason.
 *
 * @example
 * ```ts
 * import { connectUnix, listenUnix } from "@gotalk/gotalk/transport/unix";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const path = `${directory}/example.sock`;
 * await using listener = await listenUnix({ path });
 * const [a, b] = await Promise.all([connectUnix({ path }), listener.accept()]);
 * assertEquals(a.info.transport, "unix");
 * await Promise.all([a.close(), b!.close()]);
 * listener.close();
 * await Deno.remove(directory);
 * ```
 */
export async function connectUnix(
  options: ConnectUnixOptions,
): Promise<Channel> {
  checkOptionNames(options, CONNECT_UNIX_OPTIONS);
  const { path } = options;
  const conn = await dial(
    unixAddress(path),
    options,
    () => Deno.connect({ transport: "unix", path }),
  );
  return connChannel(conn, {
    transport: "unix",
    remote: unixAddress(path),
    secure: true,
  });
}

/**
 * Listens for channels over a Unix socket.
 *
 * Needs permission to read, write and listen on the path. Closing the listener
 * removes the socket. A stale socket that another program left behind is
 * replaced; a socket on which a program still listens is not, and neither is
 * any other file. Iterating works as for TCP.
 *
 * @throws {Error} If the path is in use, or listening on it fails.
 *
 * @example
 * ```ts
 * import { listenUnix } from "@gotalk/gotalk/transport/unix";
 * import { assertEquals } from "@std/assert";
 *
 * const directory = await Deno.makeTempDir();
 * const path = `${directory}/example.sock`;
 * const listener = await listenUnix({ path });
 * assertEquals(listener.address, `unix:${path}`);
 * listener.close();
 * await Deno.remove(directory);
 * ```
 */
export async function listenUnix(
  options: ListenUnixOptions,
): Promise<Listener> {
  checkOptionNames(options, LISTEN_UNIX_OPTIONS);
  const { path, onRefused } = options;
  const address = unixAddress(path);
  await removeStale(path, address);
  // The runtime removes the socket when its listener is closed.
  const listener = Deno.listen({ transport: "unix", path });
  return new ConnListener(
    address,
    listener,
    (conn) =>
      connChannel(conn, { transport: "unix", local: address, secure: true }),
    onRefused,
  );
}

/** Removes a stale socket; throws if anything else is at the path. */
async function removeStale(path: string, address: string): Promise<void> {
  try {
    if (!(await Deno.lstat(path)).isSocket) {
      throw new Error(
        `Cannot listen on ${address}: the path has a file that is not a socket`,
      );
    }
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    await Deno.remove(path);
    return;
  }
  throw new Error(
    `Cannot listen on ${address}: another listener uses it`,
  );
}
