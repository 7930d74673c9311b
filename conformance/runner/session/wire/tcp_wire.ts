/**
 * Wires over TCP.
 *
 * @module
 */

import { once } from "node:events";
import net from "node:net";
import { type ByteStream, StreamWire } from "./stream_wire.ts";
import type { Wire, WireListener } from "./wire.ts";

/** The address of a TCP listener. */
export interface HostAndPort {
  readonly hostname: string;
  readonly port: number;
}

/** Options of a TCP wire. */
export interface TcpWireOptions {
  /** Whether the runner can reset the connection; `false` by default. */
  readonly resets?: boolean;
}

/**
 * Connects to an implementation.
 *
 * `Deno.connect` cannot reset a connection. A Node socket can, but it discards
 * unread bytes when a write fails, so it is used only where a reset is needed.
 */
export async function connectTcpWire(
  to: HostAndPort,
  { resets = false }: TcpWireOptions = {},
): Promise<Wire> {
  if (!resets) return connWire(await Deno.connect({ ...to }));
  const socket = net.connect({
    host: to.hostname,
    port: to.port,
    allowHalfOpen: true,
  });
  await once(socket, "connect");
  return new StreamWire("tcp", new SocketStream(socket));
}

/** Listens for an implementation on a free port. */
export function listenTcpWire(
  { resets = false }: TcpWireOptions = {},
): Promise<WireListener> {
  return resets ? listenWithNode() : Promise.resolve(listenWithDeno());
}

function listenWithDeno(): WireListener {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return {
    address: `tcp://127.0.0.1:${listener.addr.port}`,
    accept: async () => connWire(await listener.accept()),
    close() {
      listener.close();
      return Promise.resolve();
    },
  };
}

async function listenWithNode(): Promise<WireListener> {
  const server = net.createServer({ allowHalfOpen: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  const sockets: net.Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket));
  return {
    address: `tcp://127.0.0.1:${port}`,
    async accept() {
      while (sockets.length === 0) {
        if (!server.listening) throw new Error("The listener is closed");
        await Promise.race([once(server, "connection"), once(server, "close")]);
      }
      return new StreamWire("tcp", new SocketStream(sockets.shift()!));
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

function connWire(conn: Deno.TcpConn): Wire {
  conn.setNoDelay(true);
  return new StreamWire("tcp", new ConnStream(conn));
}

/** A Deno connection as a byte stream. */
class ConnStream implements ByteStream {
  readonly #conn: Deno.Conn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #closed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async read(): Promise<Uint8Array | null> {
    const read = await this.#conn.read(this.#buffer);
    return read === null ? null : this.#buffer.slice(0, read);
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  async half(): Promise<void> {
    await this.#conn.closeWrite();
  }

  reset(): void {
    throw new TypeError(
      "Cannot reset a connection: it was opened without the option resets",
    );
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }
}

/** A Node socket as a byte stream. */
class SocketStream implements ByteStream {
  readonly #socket: net.Socket;
  readonly #closed: Promise<void>;
  #failure: unknown;
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    const wake = () => this.#wake?.();
    socket.on("readable", wake);
    socket.on("end", () => {
      this.#ended = true;
      wake();
    });
    socket.on("error", (error) => {
      this.#failure = error;
      wake();
    });
    this.#closed = new Promise((closed) => {
      socket.on("close", () => {
        this.#failure ??= new Error("The connection is closed");
        wake();
        closed();
      });
    });
  }

  async read(): Promise<Uint8Array | null> {
    for (;;) {
      const bytes = this.#socket.read();
      if (bytes !== null) return new Uint8Array(bytes);
      if (this.#ended) return null;
      if (this.#failure !== undefined) throw this.#failure;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  write(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#socket.write(
        bytes,
        (error) => error ? reject(error) : resolve(),
      );
    });
  }

  half(): Promise<void> {
    if (this.#socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => this.#socket.end(() => resolve()));
  }

  reset(): void {
    this.#socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}
