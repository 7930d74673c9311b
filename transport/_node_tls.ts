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
import { WriteUnits } from "./write_units.ts";

/**
 * Loads a module of Node. Not by an import: a bundler would make it a static one
 * of every page that uses this package, which no browser can load.
 */
function builtin<Module>(name: string): Module {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): Module };
  };
  return process.getBuiltinModule(name);
}

const { Buffer } = builtin<typeof NodeBuffer>("node:buffer");
const { Duplex } = builtin<typeof NodeStream>("node:stream");
const { setImmediate } = builtin<typeof NodeTimers>("node:timers");
const { createSecureContext, TLSSocket } = builtin<typeof NodeTls>("node:tls");

/** What `node:tls` knows of a certificate and its key. */
export type SecureContext = ReturnType<typeof createSecureContext>;

/** How much decrypted data may be unread before reading from below pauses, in bytes. */
const MAX_QUEUED_BYTES = 64 * 1024;

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
  readonly #queue: Uint8Array[] = [];
  #queued = 0;
  /** Continues reading from below. */
  #wake: (() => void) | undefined;
  #ended = false;
  /** Whether the connection below has ended. */
  #belowEnded = false;
  #failure: unknown;
  #reader: PromiseWithResolvers<Uint8Array | null> | undefined;
  /** Settles the pending write or end, which Node does not do in every case. */
  #writer: PromiseWithResolvers<void> | undefined;

  constructor(
    below: Channel,
    secureContext: SecureContext,
    alpnProtocols: readonly string[] | undefined,
  ) {
    this.#below = below;
    const stream = streamOn(
      below,
      () => this.#canReceive(),
      () => this.#belowEnded = true,
    );
    // The socket does not report failures of the stream to pending writes.
    stream.on("error", (error) => this.#failed(error));
    const options = {
      isServer: true,
      secureContext,
      allowHalfOpen: true,
      ...alpnProtocols && { ALPNProtocols: [...alpnProtocols] },
    };
    // The types want a net.Socket; any duplex stream will do.
    const socket = new TLSSocket(stream as never, options);
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => this.#received(asBytes(chunk)));
    socket.on("end", () => {
      // Node ends the socket at either end: that of TLS, or of the connection.
      if (this.#belowEnded) return this.#failed(truncated());
      this.#ended = true;
      this.#takeReader()?.resolve(null);
    });
    socket.on("error", (error) => this.#failed(error));
    socket.on("close", () => {
      if (!this.#ended) this.#failed(new Error("The TLS connection broke"));
    });
  }

  /** Counts the records of TLS, handshake included. */
  get bytesTaken(): number {
    return this.#below.bytesTaken;
  }

  read(): Promise<Uint8Array | null> {
    const chunk = this.#queue.shift();
    if (chunk !== undefined) {
      this.#queued -= chunk.byteLength;
      if (this.#queued <= MAX_QUEUED_BYTES) this.#wake?.();
      return Promise.resolve(chunk);
    }
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(null);
    this.#reader = Promise.withResolvers();
    return this.#reader.promise;
  }

  async write(units: WriteUnits): Promise<void> {
    const { whole } = units;
    for (const bytes of whole === undefined ? units.segments() : [whole]) {
      await this.#do((done) => this.#socket.write(bytes, done));
    }
  }

  end(): Promise<void> {
    return this.#do((done) => this.#socket.end(done));
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#failed(failure?.error ?? new Error("The channel was closed"));
    // Before the socket, which would announce an orderly end, and in any state
    // of the handshake: this closes the connection.
    this.#below.abort(failure?.error);
    this.#socket.destroy();
  }

  #received(chunk: Uint8Array): void {
    const reader = this.#takeReader();
    if (reader !== undefined) return reader.resolve(chunk);
    this.#queue.push(chunk);
    this.#queued += chunk.byteLength;
  }

  /** Returns the pending read, which settles once: more may follow in the same turn. */
  #takeReader(): PromiseWithResolvers<Uint8Array | null> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  /** Waits until there is space for more bytes. */
  async #canReceive(): Promise<void> {
    while (this.#queued > MAX_QUEUED_BYTES && this.#failure === undefined) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  #failed(error: unknown): void {
    this.#failure ??= error;
    this.#wake?.();
    this.#takeReader()?.reject(this.#failure);
    this.#writer?.reject(this.#failure);
  }

  async #do(
    work: (done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const writer = this.#writer = Promise.withResolvers();
    work((error) => error ? writer.reject(error) : writer.resolve());
    try {
      await writer.promise;
    } finally {
      this.#writer = undefined;
    }
  }
}

/** The error of a connection that anybody on the way may have cut; of the class that the native engine uses. */
function truncated(): Error {
  return new Deno.errors.UnexpectedEof(
    "The TLS connection ended without close_notify, so what was received may be incomplete",
  );
}

function asBuffer(
  { buffer, byteOffset, byteLength }: Uint8Array,
): NodeBuffer.Buffer {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength);
}

function asBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
}
