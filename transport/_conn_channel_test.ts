import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { concat, equals } from "@std/bytes";
import { type ByteConn, connChannel } from "./_conn_channel.ts";
import type { Channel } from "./channel.ts";
import { WriteUnits } from "./write_units.ts";

/** A connection with scripted lengths of reads and writes. */
class ScriptedConn implements ByteConn {
  /** The length of each read; the end follows the last one. */
  readonly #arriving: number[];
  readonly #taking: number;
  /** The sizes of the buffers of the reads. */
  readonly sizes: number[] = [];
  readonly written: Uint8Array[] = [];
  closed = 0;

  constructor(arriving: number[], taking: number = Infinity) {
    this.#arriving = arriving;
    this.#taking = taking;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    this.sizes.push(buffer.byteLength);
    const length = this.#arriving.shift();
    if (length === undefined) return Promise.resolve(null);
    const filled = Math.min(length, buffer.byteLength);
    buffer.fill(this.sizes.length, 0, filled);
    return Promise.resolve(filled);
  }

  write(bytes: Uint8Array): Promise<number> {
    const taken = bytes.slice(0, this.#taking);
    this.written.push(taken);
    return Promise.resolve(taken.byteLength);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.closed++;
  }
}

function open(conn: ScriptedConn): Channel {
  return connChannel(conn, { transport: "tcp", secure: false });
}

/** Reads to the end, and recycles the chunks on request. */
async function readAll(
  conn: ScriptedConn,
  { recycle = false } = {},
): Promise<Uint8Array[]> {
  const channel = open(conn);
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await channel.read();
    if (chunk === null) break;
    chunks.push(chunk);
    if (recycle) channel.recycle!(chunk);
  }
  await channel.close();
  assertStrictEquals(conn.closed, 1);
  return chunks;
}

function lengths(chunks: Uint8Array[]): number[] {
  return chunks.map((chunk) => chunk.byteLength);
}

/** The number of different slabs of the chunks. */
function slabs(chunks: Uint8Array[]): number {
  return new Set(chunks.map((chunk) => chunk.buffer)).size;
}

/** More than any read has space for. */
const ALL = 1e6;

Deno.test("a slab starts small and grows once a read fills it", async () => {
  const conn = new ScriptedConn([100, ALL, ALL, ALL, ALL, ALL]);
  assertEquals(
    lengths(await readAll(conn)),
    [100, 156, 1024, 4096, 16384, 65536],
  );
});

Deno.test("small chunks share a slab but no bytes", async () => {
  const conn = new ScriptedConn(Array(100).fill(16));
  const chunks = await readAll(conn);
  assertEquals(
    chunks.map((chunk) => [...new Set(chunk)]),
    chunks.map((_, index) => [index + 1]),
  );
  assertEquals(slabs(chunks), 12);
});

Deno.test("a read has at least half of a slab to fill", async () => {
  const conn = new ScriptedConn([ALL, 500, 12, 1, ...Array(20).fill(150)]);
  await readAll(conn);
  assertEquals(conn.sizes.slice(0, 4), [256, 1024, 524, 512]);
  assert(conn.sizes.slice(4).every((size) => size >= 512));
});

Deno.test("a slab shrinks after 16 reads that hardly used it", async () => {
  const conn = new ScriptedConn([ALL, ALL, ...Array(100).fill(10)]);
  await readAll(conn);
  assertEquals(conn.sizes[2], 4096);
  assertEquals(conn.sizes[2 + 16], 2048);
  assert(conn.sizes.at(-1)! <= 256);
});

Deno.test("a slab keeps its size if one read in sixteen uses it", async () => {
  const sparse = Array(15).fill(1);
  const conn = new ScriptedConn([
    ALL,
    ...sparse,
    500,
    ...sparse,
    500,
    ...sparse,
  ]);
  await readAll(conn);
  assert(conn.sizes.slice(1).every((size) => size >= 512));
});

Deno.test("recycled memory is read into again", async () => {
  const large = Array(10).fill(ALL);
  const kept = await readAll(new ScriptedConn([...large]));
  const recycled = await readAll(new ScriptedConn(large), { recycle: true });
  assertEquals([slabs(kept), slabs(recycled)], [10, 5]);
  const small = Array(100).fill(16);
  assertEquals(
    slabs(await readAll(new ScriptedConn(small), { recycle: true })),
    1,
  );
});

Deno.test("memory recycled during a read serves a later read", async () => {
  const channel = open(new ScriptedConn(Array(10).fill(ALL)));
  const chunks: Uint8Array[] = [];
  let previous: Uint8Array | null = null;
  for (;;) {
    const reading = channel.read();
    if (previous !== null) channel.recycle!(previous);
    previous = await reading;
    if (previous === null) break;
    chunks.push(previous);
  }
  await channel.close();
  assertEquals(slabs(chunks), 6);
});

Deno.test("memory shared with other chunks is not read into again", async () => {
  const channel = open(new ScriptedConn([16, 16, 16]));
  const first = await channel.read();
  const second = await channel.read();
  channel.recycle!(first!);
  const third = await channel.read();
  assertEquals([...new Set(second)], [2]);
  assertEquals([...new Set(third)], [3]);
  assertStrictEquals(third!.byteOffset, 32);
  await channel.close();
});

Deno.test("a slab in which a neighbour is still held is not read into again", async () => {
  const conn = new ScriptedConn([
    ...Array(8).fill(ALL), // the slab grows to its largest size
    20_480,
    30_720,
    ...Array(3).fill(ALL),
  ]);
  const channel = open(conn);
  for (let round = 0; round < 8; round++) await channel.read();
  const first = (await channel.read())!;
  const second = (await channel.read())!;
  assertStrictEquals(first.buffer, second.buffer);
  assertStrictEquals(first.byteOffset, 0);
  const before = second.slice();
  await channel.read(); // leaves the slab
  channel.recycle!(first);
  await channel.read();
  await channel.read();
  assert(equals(second, before), "The chunk that is still held has changed");
  await channel.close();
});

Deno.test("a read of zero bytes is not an end", async () => {
  const chunks = await readAll(new ScriptedConn([0, 5, 0, 0, 6]));
  assertEquals(lengths(chunks), [5, 6]);
});

Deno.test("a write continues after the connection took a part", async () => {
  const conn = new ScriptedConn([], 7);
  const channel = open(conn);
  const units = new WriteUnits();
  units.add(new Uint8Array(10).fill(1));
  units.add(new Uint8Array(32 * 1024).fill(2));
  await channel.write(units);
  assert(conn.written.length > 1);
  assertEquals(
    concat(conn.written).join(),
    units.toBytes().join(),
  );
  await channel.close();
});

Deno.test("small units leave in one write", async () => {
  const conn = new ScriptedConn([]);
  const channel = open(conn);
  const units = new WriteUnits();
  for (let count = 0; count < 1000; count++) units.add(new Uint8Array(16));
  await channel.write(units);
  assertEquals(conn.written.map((bytes) => bytes.byteLength), [16_000]);
  await channel.close();
});

Deno.test("a read of no bytes is repeated, into the memory of the reader or a slab", async () => {
  const channel = open(new ScriptedConn([0, 0, 3, 0, 2]));
  const own = new Uint8Array(8);
  const chunk = await channel.read(own);
  assertStrictEquals(chunk!.buffer, own.buffer);
  assertEquals(chunk!.byteLength, 3);
  assertEquals((await channel.read())?.byteLength, 2);
  assertEquals(await channel.read(), null);
  await channel.close();
});
