/**
 * Channels over Unix sockets.
 *
 * @module
 */

import { unixAddress } from "./address.ts";
import { connChannel } from "./_conn_channel.ts";
import { ConnListener } from "./_conn_listener.ts";
import { dial, type DialOptions } from "./dial.ts";
import type { Channel, Listener } from "./channel.ts";

export type { DialOptions } from "./dial.ts";

/** Options of {@linkcode connectUnix}. */
export interface ConnectUnixOptions extends DialOptions {
  /** The path of the socket. */
  readonly path: string;
}

/** Options of {@linkcode listenUnix}. */
export interface ListenUnixOptions {
  /** The path of the socket, which is made. */
  readonly path: string;
}

/**
 * Opens a channel over a Unix socket.
 *
 * Needs permission to read, write and connect to the path.
 *
 * @throws {Error} If connecting fails; `cause` says why. If the signal is aborted, its reason.
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
 * Accepts channels over a Unix socket.
 *
 * The socket is removed when the listener is closed. One that a program left behind without closing is
 * replaced; one that somebody answers on is not, nor is anything else that is not a socket. Iterating
 * is as for TCP. Needs permission to read, write and listen on the path.
 *
 * @throws {Error} If the path is taken or cannot be listened on.
 */
export async function listenUnix(
  { path }: ListenUnixOptions,
): Promise<Listener> {
  const address = unixAddress(path);
  await removeStale(path, address);
  // The runtime removes the socket when its listener is closed.
  const listener = Deno.listen({ transport: "unix", path });
  return new ConnListener(
    address,
    listener,
    (conn) =>
      connChannel(conn, { transport: "unix", local: address, secure: true }),
  );
}

/** Removes a socket that nobody listens on; throws when something else is there. */
async function removeStale(path: string, address: string): Promise<void> {
  try {
    if (!(await Deno.lstat(path)).isSocket) {
      throw new Error(
        `Cannot listen on ${address}: a file that is not a socket is there`,
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
    `Cannot listen on ${address}: another listener answers there`,
  );
}
