/**
 * The client's end of raw connections to an echo server.
 *
 * @module
 */

import { type Channel, WriteUnits } from "../transport/mod.ts";
import { writeAll } from "./_conn.ts";
import type { Stopwatch } from "./_stopwatch.ts";

/**
 * A connection to a server that echoes all bytes. Messages are bytes without
 * content.
 */
export interface EchoConnection {
  /**
   * Sends `count` messages of `bytes` bytes each; resolves when the connection
   * can send more.
   */
  send(count: number, bytes: number): Promise<void>;
  /** Waits for bytes, discards them, and returns their number. */
  discard(): Promise<number>;
}

/**
 * A TCP connection that always has a read pending, as a connection of a peer
 * does.
 */
export class TcpEcho implements EchoConnection {
  readonly #conn: Deno.Conn;
  readonly #buffer: Uint8Array;
  #messages = new Uint8Array();
  #reading: Promise<number | null>;

  constructor(conn: Deno.Conn, bufferSize: number) {
    this.#conn = conn;
    this.#buffer = new Uint8Array(bufferSize);
    this.#reading = conn.read(this.#buffer);
  }

  /** Sends all messages in one write. */
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
      throw new Error("Cannot read: the server has closed the connection");
    }
    this.#reading = this.#conn.read(this.#buffer);
    return length;
  }
}

/** A standard WebSocket. */
export class WebSocketEcho implements EchoConnection {
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

/**
 * A channel that carries each message as a write unit: over WebSocket, as a
 * frame.
 */
export class ChannelEcho implements EchoConnection {
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
    throw new Error("Cannot read: the server has closed the connection");
  }
}

/**
 * Keeps `count` messages in flight until the stopwatch stops, then waits for
 * the last of them. Returns the number of messages that came back.
 */
export async function keepInFlight(
  count: number,
  bytes: number,
  connection: EchoConnection,
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
      await connection.send(now, bytes);
    }
    writing = false;
  }

  do {
    // Reading does not wait for writing: if both ends waited for the other to
    // read, neither would continue.
    if (!writing) void write();
    receivedBytes += await connection.discard();
    const before = received;
    received = Math.floor(receivedBytes / bytes);
    if (stopwatch.running) due += received - before;
  } while (received < sent + due);
  return received;
}
