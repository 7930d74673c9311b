/**
 * Many plain connections with one call in flight each, in a process.
 *
 * @module
 */

import { encode, encodeVersion, requestId } from "@gotalk/gotalk/codec";
import { answer } from "./_child.ts";
import { writeAll } from "./_conn.ts";

interface Work {
  readonly port: number;
  /** How many to open. */
  readonly connections: number;
  readonly seconds: number;
}

const units = encode({
  kind: "SingleRequest",
  id: requestId("0001"),
  operation: "echo",
  payload: new Uint8Array(16),
});
const request = new Uint8Array(
  await new Blob(units as BlobPart[]).arrayBuffer(),
);
const version = encodeVersion();
/** Length of a result: its header and its payload. */
const RESULT = "R000100000010".length + 16;

const open: Deno.Conn[] = [];
let running = false;
let calls = 0;

await answer(async ({ port, connections, seconds }: Work) => {
  for (let i = 0; i < connections; i++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay(true);
    await conn.write(version);
    await read(conn, version.length);
    open.push(conn);
  }
  calls = 0;
  running = true;
  setTimeout(() => running = false, seconds * 1000);
  await Promise.all(open.map(call));
  return calls;
});

/** Makes calls one after another. */
async function call(conn: Deno.Conn): Promise<void> {
  while (running) {
    await writeAll(conn, request);
    await read(conn, RESULT);
    calls++;
  }
}

async function read(conn: Deno.Conn, bytes: number): Promise<void> {
  const buffer = new Uint8Array(bytes);
  for (let length = 0; length < bytes;) {
    const count = await conn.read(buffer.subarray(length));
    if (count === null) throw new Error("The server has closed");
    length += count;
  }
}
