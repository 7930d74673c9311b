/**
 * A WebSocket whose HTTP request and frames a case writes itself.
 *
 * It shares no code with the package that the other wires use, which refuses
 * to write what is malformed.
 *
 * @module
 */

import { joinBytes } from "../../cases/bytes.ts";
import type { Arrival, OutgoingFrame, UpgradeHeaders, Wire } from "./wire.ts";
import { RawFrameReader } from "./raw_frame_reader.ts";

/** The largest response head that is read, in bytes. */
const MAX_HEAD = 64 * 1024;

/** The opcodes of frames. */
const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** An HTTP response without its body, or the end of the connection in place of one. */
export type RawResponse =
  | { readonly status: number; readonly headers: UpgradeHeaders }
  | { readonly status?: undefined; readonly how: string };

const latin1 = new TextDecoder("latin1");

/** A client's end of a WebSocket over a byte stream. */
export class RawWebSocketWire implements Wire {
  readonly transport = "websocket";
  /** Resolves with the response, or when the connection ends without one. */
  readonly response: Promise<RawResponse>;
  readonly #wire: Wire;
  readonly #reader: RawFrameReader;
  readonly #resolve: (response: RawResponse) => void;
  #head: Uint8Array | undefined = new Uint8Array(0);
  #isUpgraded = false;
  /** Whether a fragmented message is being written. */
  #isContinued = false;
  #isOver = false;
  /** Arrivals before {@linkcode start}. */
  #early: Arrival[] | undefined = [];
  #listener: (arrival: Arrival) => void = (arrival) =>
    this.#early?.push(arrival);

  /** Starts reading from a byte stream, which the wire owns from then on. */
  constructor(wire: Wire) {
    this.#wire = wire;
    ({ promise: this.response, resolve: this.#resolve } = Promise
      .withResolvers<RawResponse>());
    this.#reader = new RawFrameReader((arrival) => this.#arrive(arrival));
    wire.start((arrival) => this.#take(arrival));
  }

  start(listener: (arrival: Arrival) => void): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#listener = listener;
    for (const arrival of early) listener(arrival);
  }

  /** Writes bytes as they are. */
  raw(bytes: Uint8Array): Promise<void> {
    return this.#wire.write(bytes);
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.frame({ type: "binary", bytes, fin: true });
  }

  frame({ type, bytes, fin }: OutgoingFrame): Promise<void> {
    const isControl = type === "ping" || type === "pong";
    const opcode = !isControl && this.#isContinued ? 0 : OPCODES[type];
    if (!isControl) this.#isContinued = !fin;
    return this.#wire.write(frameOf(opcode, bytes, fin));
  }

  hold(): void {
    this.#wire.hold();
  }

  resume(): void {
    this.#wire.resume();
  }

  async end(code = 1000): Promise<void> {
    const bytes = Uint8Array.of(code >> 8, code & 0xff);
    if (this.#isUpgraded) await this.#wire.write(frameOf(8, bytes, true));
    else await this.#wire.half?.();
  }

  reset(): void {
    this.#wire.reset();
  }

  async destroy(): Promise<void> {
    this.#listener = () => {};
    await this.#wire.destroy();
  }

  #take(arrival: Arrival): void {
    if (arrival.type === "end") {
      this.#resolve({ how: arrival.how });
      this.#arrive(arrival);
    } else if (arrival.type === "bytes") {
      const rest = this.#readHead(arrival.bytes);
      if (this.#isUpgraded) this.#reader.push(rest);
    }
  }

  /** Reads the head of the response; returns the bytes behind it. */
  #readHead(bytes: Uint8Array): Uint8Array {
    if (this.#head === undefined) return bytes;
    const head = this.#head = joinBytes([this.#head, bytes]);
    const text = latin1.decode(head);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > MAX_HEAD) this.#resolve({ how: "no HTTP response" });
      return new Uint8Array(0);
    }
    const [first = "", ...lines] = text.slice(0, end).split("\r\n");
    const [, digits] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first) ?? [];
    if (digits === undefined) {
      this.#resolve({ how: `no HTTP response: ${JSON.stringify(first)}` });
      return new Uint8Array(0);
    }
    const status = Number(digits);
    const headers = Object.fromEntries(lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }));
    this.#head = undefined;
    this.#isUpgraded = status === 101;
    this.#resolve({ status, headers });
    return head.subarray(end + 4);
  }

  #arrive(arrival: Arrival): void {
    if (this.#isOver) return;
    if (arrival.type === "control" && arrival.frame === "ping") {
      this.frame({ type: "pong", bytes: arrival.bytes, fin: true })
        .catch(() => {});
    }
    if (arrival.type === "end") {
      this.#isOver = true;
      if (arrival.how === "close") {
        this.end(arrival.code).then(() => this.#wire.half?.()).catch(() => {});
      }
    }
    this.#listener(arrival);
  }
}

/** Returns a masked frame. */
function frameOf(
  opcode: number,
  bytes: Uint8Array,
  fin: boolean,
): Uint8Array {
  const { length } = bytes;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = new Uint8Array(2 + extended + 4 + length);
  const view = new DataView(frame.buffer);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  frame[1] = 0x80 | (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  const mask = Uint8Array.of(0x12, 0x34, 0x56, 0x78);
  frame.set(mask, 2 + extended);
  for (let at = 0; at < length; at++) {
    frame[6 + extended + at] = bytes[at]! ^ mask[at % 4]!;
  }
  return frame;
}
