/**
 * A WebSocket whose HTTP request or response, and whose frames, a case writes
 * itself.
 *
 * It shares no code with the package that the other wires use, which refuses
 * to write what is malformed.
 *
 * @module
 */

import { joinBytes } from "../../cases/bytes.ts";
import type {
  Arrival,
  EndArrival,
  OutgoingFrame,
  UpgradeHeaders,
  Wire,
} from "./wire.ts";
import {
  applyMask,
  RawFrameReader,
  type WebSocketEnd,
} from "./raw_frame_reader.ts";

/** The largest head of a request or a response that is read, in bytes. */
const MAX_HEAD = 64 * 1024;

/** The opcodes of frames. */
const OPCODES = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** The head of an HTTP request or response, or why there is none. */
export type RawHead =
  | {
    /** The status of a response; 0 for a request. */
    readonly status: number;
    readonly headers: UpgradeHeaders;
  }
  | { readonly status?: undefined; readonly how: string };

/** The first line of what the other end writes. */
const FIRST_LINES = {
  client: { what: "response", form: /^HTTP\/1\.[01] (\d{3})(?: |$)/ },
  server: { what: "request", form: /^GET \S+ HTTP\/1\.1$/ },
} as const satisfies Record<WebSocketEnd, unknown>;

const latin1 = new TextDecoder("latin1");

/** One end of a WebSocket over a byte stream. */
export class RawWebSocketWire implements Wire {
  readonly transport = "websocket";
  /** Resolves with what the other end writes first, or when the connection ends without it. */
  readonly head: Promise<RawHead>;
  readonly #end: WebSocketEnd;
  readonly #wire: Wire;
  /** Whether a close frame is not answered, and ends nothing. */
  readonly #ignoresClose: boolean;
  /** The close frame that was ignored. */
  #close: EndArrival | undefined;
  readonly #reader: RawFrameReader;
  readonly #resolve: (head: RawHead) => void;
  #headers: UpgradeHeaders | undefined;
  #unread: Uint8Array | undefined = new Uint8Array(0);
  /** Whether what arrives is frames. */
  #readsFrames = false;
  /** Whether this end may write frames. */
  #isUpgraded = false;
  /** Whether a fragmented message is being written. */
  #isContinued = false;
  #isOver = false;
  /** Arrivals before {@linkcode start}. */
  #early: Arrival[] | undefined = [];
  #listener: (arrival: Arrival) => void = (arrival) =>
    this.#early?.push(arrival);

  /**
   * Starts reading from a byte stream, which the wire owns from then on, as this
   * end. With `ignoresClose`, a close frame is not answered, and is reported only
   * when the byte stream has ended.
   */
  constructor(end: WebSocketEnd, wire: Wire, ignoresClose = false) {
    this.#end = end;
    this.#wire = wire;
    this.#ignoresClose = ignoresClose;
    ({ promise: this.head, resolve: this.#resolve } = Promise
      .withResolvers<RawHead>());
    this.#reader = new RawFrameReader(
      end === "client" ? "server" : "client",
      (arrival) => this.#arrive(arrival),
    );
    wire.start((arrival) => this.#take(arrival));
  }

  /** The headers of the request that a server has read. */
  get headers(): UpgradeHeaders | undefined {
    return this.#end === "server" ? this.#headers : undefined;
  }

  /** Marks that a server has accepted the upgrade: from here on, it writes frames. */
  accept(): void {
    this.#isUpgraded = true;
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
    return this.#wire.write(this.#frameOf(opcode, bytes, fin));
  }

  hold(): void {
    this.#wire.hold();
  }

  resume(): void {
    this.#wire.resume();
  }

  async end(code = 1000): Promise<void> {
    const bytes = Uint8Array.of(code >> 8, code & 0xff);
    if (this.#isUpgraded) await this.#wire.write(this.#frameOf(8, bytes, true));
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
      if (rest.length > 0) this.#reader.push(rest);
    }
  }

  /** Reads the head of the other end; returns the bytes behind it. */
  #readHead(bytes: Uint8Array): Uint8Array {
    if (this.#unread === undefined) return this.#readsFrames ? bytes : NOTHING;
    const head = this.#unread = joinBytes([this.#unread, bytes]);
    const { what, form } = FIRST_LINES[this.#end];
    const text = latin1.decode(head);
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      if (head.length > MAX_HEAD) this.#resolve({ how: `no HTTP ${what}` });
      return NOTHING;
    }
    const [first = "", ...lines] = text.slice(0, end).split("\r\n");
    const matched = form.exec(first);
    if (matched === null) {
      this.#resolve({ how: `no HTTP ${what}: ${JSON.stringify(first)}` });
      return NOTHING;
    }
    const status = Number(matched[1] ?? 0);
    const headers = Object.fromEntries(lines.map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
    }));
    this.#unread = undefined;
    this.#headers = headers;
    // A client writes frames as soon as it has read the response, perhaps
    // before all that the case writes is written.
    this.#readsFrames = this.#end === "server" || status === 101;
    if (this.#end === "client") this.#isUpgraded = this.#readsFrames;
    this.#resolve({ status, headers });
    return this.#readsFrames ? head.subarray(end + 4) : NOTHING;
  }

  #arrive(arrival: Arrival): void {
    if (this.#isOver) return;
    if (arrival.type === "control" && arrival.frame === "ping") {
      this.frame({ type: "pong", bytes: arrival.bytes, fin: true })
        .catch(() => {});
    }
    if (arrival.type === "end") {
      if (this.#ignoresClose && arrival.how === "close") {
        this.#close = arrival;
        return;
      }
      this.#isOver = true;
      if (arrival.how === "close") {
        this.end(arrival.code).then(() => this.#wire.half?.()).catch(() => {});
      }
    }
    this.#listener(arrival.type === "end" ? this.#close ?? arrival : arrival);
  }

  #frameOf(opcode: number, bytes: Uint8Array, fin: boolean): Uint8Array {
    return frameOf(opcode, bytes, fin, this.#end === "client" ? MASK : NOTHING);
  }
}

const NOTHING = new Uint8Array(0);

/** The mask of the frames that a client writes. */
const MASK = Uint8Array.of(0x12, 0x34, 0x56, 0x78);

/** Returns a frame, masked unless the mask is empty. */
function frameOf(
  opcode: number,
  bytes: Uint8Array,
  fin: boolean,
  mask: Uint8Array,
): Uint8Array {
  const { length } = bytes;
  const extended = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const frame = new Uint8Array(2 + extended + mask.length + length);
  const view = new DataView(frame.buffer);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  frame[1] = (mask.length > 0 ? 0x80 : 0) |
    (extended === 0 ? length : extended === 2 ? 126 : 127);
  if (extended === 2) view.setUint16(2, length);
  if (extended === 8) view.setBigUint64(2, BigInt(length));
  frame.set(mask, 2 + extended);
  const data = frame.subarray(2 + extended + mask.length);
  data.set(bytes);
  if (mask.length > 0) applyMask(data, mask);
  return frame;
}
