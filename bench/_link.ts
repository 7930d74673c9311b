/**
 * The clients' ends of raw connections.
 *
 * @module
 */

import { type Channel, WriteUnits } from "../transport/mod.ts";
import { writeAll } from "./_conn.ts";
import type { Stopwatch } from "./_stopwatch.ts";

/** A connection to an echo, on which messages are so many bytes that nobody looks at. */
export interface Link {
  /** Sends so many messages of so many bytes; resolves when more can be sent. */
  send(count: number, bytes: number): Promise<void>;
  /** Waits until bytes come, throws them away, and returns how many they were. */
  discard(): Promise<number>;
}

/** A connection that has a read pending at all times, as one has that may hear something at any moment. */
export class ConnLink implements Link {
  readonly #conn: Deno.Conn;
  readonly #buffer: Uint8Array;
  #messages = new Uint8Array();
  #reading: Promise<number | null>;

  constructor(conn: Deno.Conn, bufferSize: number) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(bufferSize);
    this.#reading = conn.read(this.#buffer);
  }

  /** All messages in one write. */
  send(count: number, bytes: number): Promise<void> {
    const length = count * bytes;
    if (this.#messages.byteLength < length) {
      this.#messages = new Uint8Array(length);
    }
    return writeAll(this.#conn, this.#messages.subarray(0, length));
  }

  async discard(): Promise<number> {
    const length = await this.#reading;
    if (length === null) {
      throw new Error("Cannot read: the other side has ended");
    }
    this.#reading = this.#conn.read(this.#buffer);
    return length;
  }
}

/** A WebSocket of the runtime. */
export class SocketLink implements Link {
  readonly #socket: WebSocket;
  #message = new Uint8Array();
  #received = 0;
  #wake: (() => void) | undefined;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      this.#received += data.byteLength;
      this.#wake?.();
    };
  }

  send(count: number, bytes: number): Promise<void> {
    if (this.#message.byteLength !== bytes) {
      this.#message = new Uint8Array(bytes);
    }
    for (; count > 0; count--) this.#socket.send(this.#message);
    return Promise.resolve();
  }

  async discard(): Promise<number> {
    while (this.#received === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const received = this.#received;
    this.#received = 0;
    return received;
  }
}

/** A channel, with each message as a write unit: over WebSocket, a frame. */
export class ChannelLink implements Link {
  readonly #channel: Channel;
  readonly #units = new WriteUnits();
  #message = new Uint8Array();

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  async send(count: number, bytes: number): Promise<void> {
    if (this.#message.byteLength !== bytes) {
      this.#message = new Uint8Array(bytes);
    }
    this.#units.clear();
    for (; count > 0; count--) this.#units.add(this.#message);
    await this.#channel.write(this.#units);
  }

  async discard(): Promise<number> {
    const chunk = await this.#channel.read();
    if (chunk !== null) return chunk.byteLength;
    throw new Error("Cannot read: the other side has ended");
  }
}

/** Keeps so many messages on their way to the echo and back until the time is up; returns how many came back. */
export async function keepInFlight(
  count: number,
  bytes: number,
  link: Link,
  stopwatch: Stopwatch,
): Promise<number> {
  let due = count;
  let sent = 0;
  let received = 0;
  let receivedBytes = 0;
  let writing = false;

  async function write(): Promise<void> {
    writing = true;
    while (due > 0) {
      const now = due;
      sent += now;
      due = 0;
      await link.send(now, bytes);
    }
    writing = false;
  }

  do {
    // Reading does not wait for writing: two ends that wait for each other's reading stand still.
    if (!writing) void write();
    receivedBytes += await link.discard();
    const before = received;
    received = Math.floor(receivedBytes / bytes);
    if (stopwatch.running) due += received - before;
  } while (received < sent + due);
  return received;
}
