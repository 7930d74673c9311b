/**
 * The clients of servers of rooms, in a process: plain connections, which are
 * cheaper than peers.
 *
 * @module
 */

import { encode, encodeVersion, requestId } from "@gotalk/gotalk/codec";
import { answer, processorTime } from "./_child.ts";
import { HEADER, PAYLOAD, TIME } from "./_rooms_server.ts";

/** What the clients have received. */
export interface Received {
  /** Number of deliveries by their latency, in tenths of a millisecond. */
  readonly latencies: readonly [tenths: number, count: number][];
  /** From the first delivery to the last, in milliseconds. */
  readonly duration: number;
}

type Work =
  | {
    readonly kind: "connect";
    readonly ports: readonly number[];
    readonly connections: number;
    readonly rooms: number;
  }
  | { readonly kind: "begin" | "end" | "processor" };

/** Number of connections that are opened at once. */
const AT_ONCE = 50;
/** How long nothing must arrive before the end, in milliseconds. */
const QUIET = 300;
/** The version of the server, and the result of `join`. */
const GREETING = "01R000100000000".length;
/** One notification: its header and its payload. */
const LENGTH = HEADER.length + PAYLOAD;

let latencies = new Map<number, number>();
let first = 0;
let last = 0;

await answer(async (work: Work) => {
  if (work.kind === "begin") latencies = new Map();
  if (work.kind === "processor") return processorTime();
  if (work.kind === "connect") await connectAll(work);
  if (work.kind !== "end") return {};
  while (performance.now() - last < QUIET) {
    await new Promise((resolve) => setTimeout(resolve, QUIET));
  }
  return { latencies: [...latencies], duration: last - first };
});

async function connectAll(
  { ports, connections, rooms }: Extract<Work, { kind: "connect" }>,
): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (next < connections) {
      const index = next++;
      const port = ports[index % ports.length]!;
      await connect(port, Math.floor(index / ports.length) % rooms);
    }
  }));
}

async function connect(port: number, room: number): Promise<void> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const payload = new TextEncoder().encode(`${room}`);
  const id = requestId("0001");
  const request = encode({
    kind: "SingleRequest",
    id,
    operation: "join",
    payload,
  });
  for (const unit of [encodeVersion(), ...request]) await conn.write(unit);
  const buffer = new Uint8Array(1024);
  let length = 0;
  while (length < GREETING) {
    const read = await conn.read(buffer);
    if (read === null) throw new Error("Cannot join: the server has closed");
    length += read;
  }
  void receive(conn, buffer);
}

async function receive(conn: Deno.Conn, buffer: Uint8Array): Promise<void> {
  let length = 0;
  for (;;) {
    const read = await conn.read(buffer.subarray(length));
    if (read === null) return;
    length += read;
    const now = performance.now();
    if (latencies.size === 0) first = now;
    last = now;
    let start = 0;
    for (; start + LENGTH <= length; start += LENGTH) {
      const at = start + LENGTH - PAYLOAD;
      const time = performance.timeOrigin + now - number(buffer, at);
      const tenths = Math.round(time * 10);
      latencies.set(tenths, (latencies.get(tenths) ?? 0) + 1);
    }
    if (start > 0) buffer.copyWithin(0, start, length);
    length -= start;
  }
}

/** Reads the time at the beginning of a payload. */
function number(bytes: Uint8Array, start: number): number {
  let value = 0;
  let scale = 0;
  for (let i = start; i < start + TIME; i++) {
    const digit = bytes[i]! - 0x30;
    if (digit < 0) scale = 1;
    else {
      value = value * 10 + digit;
      scale *= 10;
    }
  }
  return value / scale;
}
