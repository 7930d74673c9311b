/**
 * TLS on a TCP channel, by `node:tls`.
 *
 * @module
 */

import type * as NodeBuffer from "node:buffer";
import type * as NodeStream from "node:stream";
import type * as NodeTimers from "node:timers";
import type * as NodeTls from "node:tls";
import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel } from "./channel.ts";
import { builtin } from "./node_builtin.ts";
import { SocketCalls } from "./_socket_calls.ts";
import { unexpectedEof } from "./unexpected_eof.ts";
import { WriteUnits } from "./write_units.ts";

const { Buffer } = builtin<typeof NodeBuffer>("node:buffer");
const { Duplex } = builtin<typeof NodeStream>("node:stream");
const { setImmediate } = builtin<typeof NodeTimers>("node:timers");
const { createSecureContext, TLSSocket } = builtin<typeof NodeTls>("node:tls");

/** What `node:tls` knows of a certificate and its key. */
export type SecureContext = ReturnType<typeof createSecureContext>;

/** Makes a context for {@linkcode nodeTlsChannel}. */
export function secureContext(
  certificate: { readonly cert: string; readonly key: string },
): SecureContext {
  return createSecureContext({ ...certificate });
}

/** Makes a channel of an accepted connection, which it owns: the server side of TLS. */
export function nodeTlsChannel(
  below: Channel,
  context: SecureContext,
  alpnProtocols: readonly string[] | undefined,
): Channel {
  const { local, remote } = below.info;
  return new CarrierChannel(new NodeTlsCarrier(below, context, alpnProtocols), {
    transport: "tls",
    local: local?.replace("tcp:", "tls:"),
    remote: remote?.replace("tcp:", "tls:"),
    secure: true,
  });
}

/**
 * Passes bytes between a stream of Node and the channel below. The stream reads
 * on whatever its reader does, so `ready` holds it back. `ended` is called when
 * the remote side has ended the connection, after all that it sent was handled.
 */
function streamOn(
  below: Channel,
  ready: () => Promise<void>,
  ended: () => void,
): NodeStream.Duplex {
  const write = (
    chunks: readonly Uint8Array[],
    done: (error?: Error | null) => void,
  ) => {
    const units = new WriteUnits();
    for (const chunk of chunks) units.add(chunk);
    below.write(units).then(() => done(), done);
  };
  const read = async () => {
    await ready();
    const chunk = await below.read();
    if (chunk !== null) return asBuffer(chunk);
    // Node handles what was read before in ticks and at most one round.
    for (let round = 0; round < 2; round++) {
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    ended();
    return null;
  };
  return new Duplex({
    allowHalfOpen: true,
    read() {
      read().then((chunk) => this.push(chunk), (error) => this.destroy(error));
    },
    write: (chunk, _, done) => write([chunk], done),
    writev: (chunks, done) => write(chunks.map(({ chunk }) => chunk), done),
    final: (done) => void below.closeWrite().then(() => done()),
    destroy(error, done) {
      below.abort(error ?? undefined);
      done(error);
    },
  });
}

class NodeTlsCarrier implements Carrier {
  readonly #below: Channel;
  readonly #socket: NodeTls.TLSSocket;
  readonly #calls = new SocketCalls(() => this.#wake?.());
  /** Continues reading from below. */
  #wake: (() => void) | undefined;
  /** Whether the connection below has ended. */
  #belowEnded = false;

  constructor(
    below: Channel,
    secureContext: SecureContext,
    alpnProtocols: readonly string[] | undefined,
  ) {
    this.#below = below;
    const calls = this.#calls;
    const stream = streamOn(
      below,
      () => this.#canReceive(),
      () => this.#belowEnded = true,
    );
    // The socket does not report failures of the stream to pending writes.
    stream.on("error", (error) => calls.failed(error));
    const options = {
      isServer: true,
      secureContext,
      allowHalfOpen: true,
      ...alpnProtocols && { ALPNProtocols: [...alpnProtocols] },
    };
    // The types want a net.Socket; any duplex stream will do.
    const socket = new TLSSocket(stream as never, options);
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => calls.received(chunk));
    socket.on("end", () => {
      // Node ends the socket at either end: that of TLS, or of the connection.
      if (this.#belowEnded) calls.failed(truncated());
      else calls.ended();
    });
    socket.on("error", (error) => calls.failed(error));
    socket.on("close", () => {
      if (!calls.hasEnded) calls.failed(new Error("The TLS connection broke"));
    });
  }

  /** Counts the records of TLS, handshake included. */
  get bytesTaken(): number {
    return this.#below.bytesTaken;
  }

  read(): Promise<Uint8Array | null> {
    return this.#calls.read();
  }

  async write(units: WriteUnits): Promise<void> {
    const { whole } = units;
    for (const bytes of whole === undefined ? units.segments() : [whole]) {
      await this.#calls.do((done) => this.#socket.write(bytes, done));
    }
  }

  end(): Promise<void> {
    return this.#calls.do((done) => this.#socket.end(done));
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#calls.failed(failure?.error ?? new Error("The channel was closed"));
    // Before the socket, which would announce an orderly end, and in any state
    // of the handshake: this closes the connection.
    this.#below.abort(failure?.error);
    this.#socket.destroy();
  }

  /** Waits until there is space for more bytes. */
  async #canReceive(): Promise<void> {
    while (this.#calls.isFull) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }
}

/** The error of a connection that anybody on the way may have cut; of the class that the native engine uses. */
function truncated(): Error {
  return unexpectedEof(
    "The TLS connection ended without close_notify, so what was received may be incomplete",
  );
}

function asBuffer(
  { buffer, byteOffset, byteLength }: Uint8Array,
): NodeBuffer.Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}
