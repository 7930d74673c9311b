/**
 * Channels on a socket of `node:net` or `node:tls`.
 *
 * @module
 */

import type * as NodeNet from "node:net";
import { type Carrier, CarrierChannel } from "./carrier_channel.ts";
import type { Channel, ChannelInfo } from "./channel.ts";
import { SocketCalls } from "./_socket_calls.ts";
import type { WriteUnits } from "./write_units.ts";

/** The largest piece that is written, in bytes: a write reports progress by piece. */
const LARGEST_PIECE = 64 * 1024;

/** Makes a channel of a socket that allows half-open connections. The channel owns the socket. */
export function nodeChannel(
  socket: NodeNet.Socket,
  info: ChannelInfo,
): Channel {
  return new CarrierChannel(new NodeCarrier(socket), info);
}

class NodeCarrier implements Carrier {
  readonly #socket: NodeNet.Socket;
  readonly #calls: SocketCalls;
  bytesTaken = 0;

  constructor(socket: NodeNet.Socket) {
    this.#socket = socket;
    const calls = this.#calls = new SocketCalls((isFull) =>
      isFull ? socket.pause() : socket.resume()
    );
    socket.on("data", (chunk: Uint8Array) => calls.received(chunk));
    socket.on("end", () => calls.ended());
    socket.on("error", (error) => calls.failed(error));
    socket.on("close", () => {
      if (!calls.hasEnded) calls.failed(new Error("The connection broke"));
    });
    // Those that a server accepts are paused until now.
    socket.resume();
  }

  read(): Promise<Uint8Array | null> {
    return this.#calls.read();
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      for (let at = 0; at < segment.byteLength; at += LARGEST_PIECE) {
        const piece = segment.subarray(at, at + LARGEST_PIECE);
        await this.#calls.do((done) => this.#socket.write(piece, done));
        this.bytesTaken += piece.byteLength;
      }
    }
  }

  end(): Promise<void> {
    return this.#calls.do((done) => this.#socket.end(done));
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#calls.failed(failure?.error ?? new Error("The channel was closed"));
    this.#socket.destroy();
  }
}
