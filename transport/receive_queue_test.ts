import { assert, assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import fc from "fast-check";
import { CHUNK_OVERHEAD, ReceiveQueue } from "./receive_queue.ts";

Deno.test("property: a receive queue returns what was pushed, and reports exactly the memory that waits", () => {
  const act = fc.oneof(
    fc.integer({ min: 1, max: 700 }),
    fc.integer({ min: 1, max: 9000 }),
    fc.constant("shift"),
  );
  fc.assert(fc.property(fc.array(act), (acts) => {
    const queue = new ReceiveQueue();
    const pushed: Uint8Array[] = [];
    const read: Uint8Array[] = [];
    let reported = 0;
    queue.observe({ bufferChanged: (change) => reported += change });
    let next = 0;
    for (const act of acts) {
      if (act === "shift") {
        const chunk = queue.shift();
        if (chunk !== undefined) read.push(chunk);
      } else {
        const chunk = new Uint8Array(act as number).fill(next++);
        pushed.push(chunk);
        queue.push(chunk.slice());
      }
      assertEquals(reported, queue.heldBytes);
    }
    for (let chunk; (chunk = queue.shift()) !== undefined;) read.push(chunk);
    assert(read.every(({ byteLength }) => byteLength > 0));
    assertEquals(concat(read), concat(pushed));
    assertEquals([reported, queue.heldBytes], [0, 0]);
  }));
});

Deno.test("a receive queue that is cleared holds nothing, and can be used again", () => {
  const queue = new ReceiveQueue();
  let reported = 0;
  queue.push(new Uint8Array(10));
  queue.push(new Uint8Array(10));
  queue.observe({ bufferChanged: (change) => reported += change });
  assertEquals(reported, queue.heldBytes);
  queue.clear();
  assertEquals([reported, queue.shift()], [0, undefined]);
  queue.push(Uint8Array.of(1));
  queue.push(Uint8Array.of(2));
  assertEquals([queue.shift(), queue.shift()], [
    Uint8Array.of(1),
    Uint8Array.of(2),
  ]);
  assertEquals(reported, 0);
});

Deno.test("a receive queue charges the memory that a small view keeps", () => {
  const queue = new ReceiveQueue();
  queue.push(new Uint8Array(new ArrayBuffer(100_000), 5, 1000));
  assertEquals(queue.heldBytes, 100_000 + CHUNK_OVERHEAD);
});
