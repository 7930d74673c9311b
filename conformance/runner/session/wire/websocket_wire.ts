/**
 * Wires over WebSocket.
 *
 * They use the package `ws`, which is independent of the library's own
 * WebSocket framing.
 *
 * @module
 */

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import type {
  Arrival,
  OutgoingFrame,
  UpgradeHeaders,
  Wire,
  WireListener,
} from "./wire.ts";

/** The largest message that the runner accepts, in bytes. */
const MAX_PAYLOAD = 2 ** 30;

/** The HTTP status of an upgrade response, and the wire if it was 101. */
export type UpgradeOutcome =
  & { readonly status: number }
  & ({ readonly wire: Wire } | { readonly wire?: undefined });

/**
 * Requests a WebSocket from an implementation.
 *
 * @param headers Headers in addition to those that each upgrade request has.
 */
export async function connectWebSocketWire(
  address: string,
  headers?: Readonly<Record<string, string>>,
): Promise<UpgradeOutcome> {
  const { host } = new URL(address);
  const sent: Record<string, string> = {};
  let deflates = false;
  const given = Object.entries(headers ?? { Origin: "http://{host}" });
  for (const [name, value] of given) {
    const text = value.replaceAll("{host}", host);
    // The package writes the offer of this extension itself.
    if (text.includes("permessage-deflate")) deflates = true;
    else sent[name] = text;
  }
  const socket = new WebSocket(address, [], {
    headers: sent,
    perMessageDeflate: deflates,
    maxPayload: MAX_PAYLOAD,
  });
  const wire = new WebSocketWire(socket);
  const { promise, resolve, reject } = Promise.withResolvers<UpgradeOutcome>();
  // The package rejects a response without a subprotocol if the request offers
  // one, which RFC 6455 allows.
  socket.on("upgrade", (response: http.IncomingMessage) => {
    wire.readToTheEnd(response.socket);
    delete response.headers["sec-websocket-protocol"];
  });
  socket.on("open", () => {
    endReceiverOnce(socket);
    resolve({ status: 101, wire });
  });
  socket.on(
    "unexpected-response",
    (_request: unknown, response: http.IncomingMessage) => {
      response.resume();
      resolve({ status: response.statusCode ?? 0 });
    },
  );
  socket.on("error", reject);
  try {
    const answer = await promise;
    if (answer.wire === undefined) await wire.destroy();
    return answer;
  } catch (error) {
    await wire.destroy();
    throw error;
  }
}

/** Listens for an implementation on a free port. */
export async function listenWebSocketWire(): Promise<WireListener> {
  const sockets = new Set<Socket>();
  const wires: WebSocketWire[] = [];
  const server = http.createServer((_request, response) => {
    response.statusCode = 426;
    response.end();
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  const acceptor = new WebSocketServer({
    server,
    perMessageDeflate: false,
    maxPayload: MAX_PAYLOAD,
  });
  let wake: (() => void) | undefined;
  let isClosed = false;
  acceptor.on(
    "connection",
    (socket: WebSocket, request: http.IncomingMessage) => {
      const wire = new WebSocketWire(socket, request.headers as UpgradeHeaders);
      wire.readToTheEnd(request.socket);
      endReceiverOnce(socket);
      wires.push(wire);
      wake?.();
    },
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `ws://127.0.0.1:${port}/`,
    async accept() {
      while (wires.length === 0) {
        if (isClosed) throw new Error("The listener is closed");
        await new Promise<void>((resolve) => wake = resolve);
      }
      return wires.shift()!;
    },
    async close() {
      isClosed = true;
      wake?.();
      await Promise.all(wires.map((wire) => wire.destroy()));
      acceptor.close();
      const closed = new Promise<void>((resolve) =>
        server.close(() => resolve())
      );
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** A wire over a WebSocket, in either role. */
class WebSocketWire implements Wire {
  readonly transport = "websocket";
  readonly headers: UpgradeHeaders | undefined;
  readonly #socket: WebSocket;
  readonly #closed: Promise<void>;
  /** Rejects when a write has failed: the package never settles later ones. */
  readonly #broken = Promise.withResolvers<never>();
  #isReset = false;
  #isHeld = false;
  /** Arrivals before {@linkcode start}. */
  #early: Arrival[] | undefined = [];
  #listener: (arrival: Arrival) => void = (arrival) =>
    this.#early?.push(arrival);

  constructor(socket: WebSocket, headers?: UpgradeHeaders) {
    this.#socket = socket;
    this.headers = headers;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#closed = promise;
    this.#broken.promise.catch(() => {});
    socket.on("message", (data: Uint8Array, isBinary: boolean) => {
      this.#listener({
        type: "bytes",
        bytes: new Uint8Array(data),
        frame: isBinary ? "binary" : "text",
      });
    });
    for (const frame of ["ping", "pong"] as const) {
      socket.on(frame, (data: Uint8Array) => {
        this.#listener({
          type: "control",
          frame,
          bytes: new Uint8Array(data),
        });
      });
    }
    socket.on("error", (error: Error & { code?: string }) => {
      if (error.code?.startsWith("WS_ERR_")) {
        this.#listener({ type: "violation", why: error.message });
      } else this.#isReset = true;
    });
    socket.on("close", (code: number) => {
      resolve();
      if (code === ABNORMAL) {
        const how = this.#isReset ? "reset" : "end of file";
        this.#listener({ type: "end", how });
      } else if (code === NO_CODE) {
        this.#listener({ type: "end", how: "close" });
      } else this.#listener({ type: "end", how: "close", code });
    });
  }

  /**
   * Keeps a failed write from discarding unread data: a Node socket destroys
   * itself then, although the implementation may have sent the reason before it
   * ended the connection.
   */
  readToTheEnd(raw: Socket): void {
    type Done = (error?: Error | null) => void;
    const silently = (done: Done): Done => (error) => {
      if (error) {
        this.#isReset = true;
        this.#broken.reject(error);
      }
      done();
    };
    endOnce(raw);
    const { _write, _writev } = raw;
    raw._write = (chunk, encoding, done) =>
      _write.call(raw, chunk, encoding, silently(done));
    if (_writev == null) return;
    raw._writev = (chunks, done) => _writev.call(raw, chunks, silently(done));
  }

  start(listener: (arrival: Arrival) => void): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#listener = listener;
    for (const arrival of early) listener(arrival);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.frame({ type: "binary", bytes, fin: true });
  }

  frame({ type, bytes, fin }: OutgoingFrame): Promise<void> {
    const sent = new Promise<void>((resolve, reject) => {
      const done = (error?: Error) => error ? reject(error) : resolve();
      if (type === "ping") this.#socket.ping(bytes, undefined, done);
      else if (type === "pong") this.#socket.pong(bytes, undefined, done);
      else this.#socket.send(bytes, { binary: type === "binary", fin }, done);
    });
    return Promise.race([sent, this.#broken.promise]);
  }

  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  resume(): void {
    // A socket whose upgrade was refused cannot resume.
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  end(code = 1000): Promise<void> {
    this.#socket.close(code);
    return Promise.resolve();
  }

  reset(): void {
    this.#socket.terminate();
  }

  async destroy(): Promise<void> {
    this.#listener = () => {};
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.resume();
    this.#socket.terminate();
    await this.#closed;
  }
}

/** A stream with the methods that are replaced. */
interface Endable {
  readonly writableEnded: boolean;
  end(...args: unknown[]): unknown;
}

/**
 * Lets a stream be ended again without effect. The package does so with the
 * stream of each connection, and Node makes an error of it that nobody reads.
 */
function endOnce(stream: Endable): void {
  const { end } = stream;
  stream.end = (...args) =>
    stream.writableEnded && args.length === 0
      ? stream
      : end.apply(stream, args);
}

/** Does the same for what decodes the input of a connection that is open. */
function endReceiverOnce(socket: WebSocket): void {
  const { _receiver: receiver } = socket as unknown as {
    readonly _receiver?: Endable | null;
  };
  if (receiver != null) endOnce(receiver);
}

/** The close code for a connection that ended without a close frame. */
const ABNORMAL = 1006;
/** The close code for a close frame without a code. */
const NO_CODE = 1005;
