/**
 * Wires within the program.
 *
 * @module
 */

import { type Channel, memoryPair, WriteUnits } from "@gotalk/gotalk/transport";
import { type ByteStream, StreamWire } from "./_stream_wire.ts";
import type { Wire } from "./_wire.ts";

/** Opens a connection in memory: the runner's end, and the one that an implementation adopts. */
export function openMemory(): [Wire, Channel] {
  const [ours, theirs] = memoryPair();
  return [adoptMemory(ours), theirs];
}

/** A wire over the end of a connection in memory that an implementation was given. */
export function adoptMemory(channel: Channel): Wire {
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
    this.#channel.abort(new Error("The runner is through"));
    await this.#channel.closed;
  }
}
