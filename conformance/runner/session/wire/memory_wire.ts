/**
 * Wires in memory.
 *
 * @module
 */

import { type Channel, memoryPair, WriteUnits } from "@gotalk/gotalk/transport";
import { type ByteStream, StreamWire } from "./stream_wire.ts";
import type { Wire } from "./wire.ts";

/** Returns the runner's end of a connection in memory, and the other end. */
export function openMemoryWire(): [Wire, Channel] {
  const [ours, theirs] = memoryPair();
  return [memoryWire(ours), theirs];
}

/** Returns a wire over one end of a connection in memory. */
export function memoryWire(channel: Channel): Wire {
  return new StreamWire("memory", new ChannelStream(channel));
}

/** A channel as a byte stream. */
class ChannelStream implements ByteStream {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  read(): Promise<Uint8Array | null> {
    return this.#channel.read();
  }

  write(bytes: Uint8Array): Promise<void> {
    const units = new WriteUnits();
    units.add(bytes);
    return this.#channel.write(units);
  }

  half(): Promise<void> {
    return this.#channel.closeWrite();
  }

  reset(): void {
    this.#channel.abort(new Error("The runner reset the connection"));
  }

  async close(): Promise<void> {
    this.#channel.abort(new Error("The runner has finished"));
    await this.#channel.closed;
  }
}
