/**
 * A TCP connection as the small peer of pages takes it.
 *
 * @module
 */

import { BYTES } from "../../codec/extensions/bytes.ts";
import type { PageSocket } from "../../page/over_socket.ts";

/** How much is read at once, in bytes. */
const READ = 64 * 1024;

/** The notification that messages may be merged, which is for WebSockets only (extension/bytes). */
const MERGES = new TextEncoder().encode(
  `n00${BYTES.length.toString(16)}${BYTES}00000000`,
);

/** Number of bytes of a version. */
const VERSION = 2;

/** The end of a connection, as a WebSocket reports it. */
const ENDED = { code: 1000, reason: "" } as const;
const BROKEN = { code: 1006, reason: "" } as const;

/** A TCP connection that looks like a WebSocket. */
export class TcpSocket implements PageSocket {
  readonly url: string;
  readonly CONNECTING = 0;
  readonly OPEN = 1;
  readonly CLOSING = 2;
  readonly CLOSED = 3;
  binaryType = "arraybuffer" as const;
  readyState: PageSocket["readyState"] = this.OPEN;
  bufferedAmount = 0;
  onopen: PageSocket["onopen"] = null;
  onmessage: PageSocket["onmessage"] = null;
  onclose: PageSocket["onclose"] = null;
  /** What arrived first, of which the peer reads the version. */
  start: Uint8Array = new Uint8Array();
  /** Why the connection broke, if it did. */
  error: unknown;
  readonly #conn: Deno.TcpConn;
  #written: Promise<void> = Promise.resolve();

  /** Takes a connection. It has opened at the end of the turn. */
  constructor(url: string, conn: Deno.TcpConn) {
    this.url = url;
    this.#conn = conn;
    queueMicrotask(() => void this.#run());
  }

  /** Resolves when all that was sent has left, the end included if it is closed. */
  get written(): Promise<void> {
    return this.#written;
  }

  /** Sends bytes, which must not change until they have left. */
  send(bytes: Uint8Array): void {
    if (isMerges(bytes)) return;
    this.bufferedAmount += bytes.byteLength;
    this.#written = this.#written.then(() => this.#write(bytes));
  }

  /** Ends the connection once all bytes have left, at once if something has failed. */
  close(code: number): void {
    if (this.readyState !== this.OPEN) return;
    this.readyState = this.CLOSING;
    if (code === 1000) {
      this.#written = this.#written.then(() => this.#conn.closeWrite())
        .catch(() => {/* The reader finds out. */});
    } else void this.#written.then(() => this.#end(BROKEN));
  }

  /** Ends the connection at once, whatever waits to be sent. */
  abort(): void {
    this.#end(BROKEN);
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let rest = bytes; rest.byteLength > 0;) {
        const count = await this.#conn.write(rest);
        this.bufferedAmount -= count;
        rest = rest.subarray(count);
      }
    } catch (error) {
      // What has arrived is read nonetheless.
      this.error ??= error;
    }
  }

  async #run(): Promise<void> {
    this.onopen?.();
    const buffer = new Uint8Array(READ);
    try {
      for (;;) {
        const count = await this.#conn.read(buffer);
        if (count === null) break;
        if (this.start.byteLength < VERSION) {
          const bytes = [...this.start, ...buffer.subarray(0, count)];
          this.start = Uint8Array.from(bytes.slice(0, VERSION));
        }
        this.onmessage?.({ data: buffer.slice(0, count).buffer });
      }
    } catch (error) {
      this.error ??= error;
    }
    this.#end(this.error === undefined ? ENDED : BROKEN);
  }

  #end(status: typeof ENDED | typeof BROKEN): void {
    if (this.readyState === this.CLOSED) return;
    this.readyState = this.CLOSED;
    this.#conn.close();
    this.onclose?.(status);
  }
}

function isMerges(bytes: Uint8Array): boolean {
  return bytes.byteLength === MERGES.byteLength &&
    bytes.every((byte, at) => byte === MERGES[at]);
}
