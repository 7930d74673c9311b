import { assert, assertEquals, assertRejects } from "@std/assert";
import { ReceiveBudget } from "./receive_budget.ts";
import { ReceivedParts } from "./received_parts.ts";
import { fromText } from "../testing/scripted_channel.ts";
import { openAccount } from "../testing/memory_account.ts";
import { watch } from "../testing/scripted_peer.ts";
import { settled } from "../testing/virtual_clock.ts";

/** A queue, its budget, and the arguments of its callbacks. */
function open(limit = 1000): {
  queue: ReceivedParts;
  budget: ReceiveBudget;
  calls: unknown[];
} {
  const budget = new ReceiveBudget(limit, limit, openAccount());
  const calls: unknown[] = [];
  const queue = new ReceivedParts(
    budget,
    (reason) => calls.push(reason),
    () => calls.push("started"),
  );
  return { queue, budget, calls };
}

const a = fromText("a");
const b = fromText("b");

Deno.test("a part queue returns parts in order, whether a read waits for them or not (stream/parts)", async () => {
  const { queue } = open();
  queue.push(a);
  queue.push(b);
  const reader = queue.readable.getReader();
  assertEquals((await reader.read()).value, a);
  assertEquals((await reader.read()).value, b);
  const reads = [reader.read(), reader.read(), reader.read()];
  await settled();
  queue.push(b);
  queue.push(a);
  queue.end();
  const results = await Promise.all(reads);
  assertEquals(results.map(({ value }) => value), [b, a, undefined]);
  assert(results[2]!.done);
});

Deno.test("a part queue reports once that reading has started", async () => {
  const { queue, calls } = open();
  await settled();
  assertEquals(calls, []);
  const reader = queue.readable.getReader();
  void reader.read();
  await settled();
  queue.push(a);
  void reader.read();
  await settled();
  assertEquals(calls, ["started"]);
  queue.end();
});

Deno.test("a part queue charges queued parts to the budget, with an overhead, and not delivered ones", async () => {
  const { queue, budget } = open(513);
  const reader = queue.readable.getReader();
  const first = reader.read();
  await settled();
  queue.push(a);
  await first;
  queue.push(a);
  assertEquals(budget.exceeded, false);
  queue.push(a);
  assertEquals(budget.exceeded, true);
  await reader.read();
  await reader.read();
  assertEquals(budget.exceeded, false);
});

Deno.test("a million tiny parts share blocks and are charged what they cost", async () => {
  let charged = 0;
  const budget = {
    changed: (_: number, after: number) => charged = after,
  } as unknown as ReceiveBudget;
  const queue = new ReceivedParts(budget, () => {});
  const before = Deno.memoryUsage();
  for (let part = 0; part < 1_000_000; part++) queue.push(a);
  const after = Deno.memoryUsage();
  const held = after.external - before.external;
  // One byte each, and 16 for its end.
  assert(charged >= 17_000_000 && charged >= held, `${charged}, held ${held}`);
  assert(charged < 18_000_000, `${charged}`);
  await queue.readable.cancel();
  assertEquals(charged, 0);
});

Deno.test("large and small parts in turn are charged little more than their bytes", async () => {
  for (const sizes of [[4096, 1], [4096, 4096, 1, 1], [1, 30_000, 5]]) {
    for (const reads of [0, 3]) {
      let charged = 0;
      const budget = {
        changed: (_: number, after: number) => charged = after,
        kept: () => {},
      } as unknown as ReceiveBudget;
      const queue = new ReceivedParts(budget, () => {});
      const parts = Array.from(
        { length: 300 },
        (_, at) => new Uint8Array(sizes[at % sizes.length]!).fill(at),
      );
      const reader = queue.readable.getReader();
      const received: number[] = [];
      for (const [at, part] of parts.entries()) {
        queue.push(part);
        if (at < reads) received.push(...(await reader.read()).value!);
      }
      const sent = parts.flatMap((part) => [...part]);
      const unread = sent.length - received.length;
      assert(charged < 2 * unread + 300 * 512, `${charged} for ${unread}`);
      queue.end();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        for (const byte of value) received.push(byte);
      }
      assertEquals(charged, 0);
      assert(received.length === sent.length);
      assert(received.every((byte, at) => byte === sent[at]));
    }
  }
});

Deno.test("the memory of unread parts is freed at once when the stream ends, and no chunk that was delivered is touched", async () => {
  const { queue, budget } = open(Infinity);
  const reader = queue.readable.getReader();
  const large = new Uint8Array(64 * 1024).fill(1);
  for (let count = 0; count < 3; count++) queue.push(large);
  const first = (await reader.read()).value!;
  const before = Deno.memoryUsage().external;
  for (let count = 0; count < 500; count++) queue.push(large);
  queue.fail(new Error("over"));
  // Parts take 31 MiB, which no collection of garbage need free.
  const grown = Deno.memoryUsage().external - before;
  assert(grown < 1024 * 1024, `${grown}`);
  assert(first.byteLength === 64 * 1024 && first.every((byte) => byte === 1));
  assertEquals(budget.exceeded, false);
  await assertRejects(() => reader.read(), Error, "over");
});

Deno.test("a reader that is always one part behind receives all of them", async () => {
  const { queue } = open(Infinity);
  const reader = queue.readable.getReader();
  queue.push(fromText("x"));
  for (let part = 0; part < 1_000; part++) {
    queue.push(new Uint8Array(70_000).fill(part));
    const { value } = await reader.read();
    assertEquals(value![0], part === 0 ? 120 : (part - 1) & 255);
  }
  await reader.cancel();
});

Deno.test("small parts that share a block are delivered one by one, and joined only for a reader with a buffer (stream/parts)", async () => {
  const { queue } = open(1_000_000);
  const sent = Array.from({ length: 50 }, (_, at) => new Uint8Array(at + 1));
  for (const part of sent) queue.push(part);
  const reader = queue.readable.getReader();
  for (const { byteLength } of sent.slice(0, 30)) {
    assertEquals((await reader.read()).value?.byteLength, byteLength);
  }
  reader.releaseLock();
  // From the middle of a part on, what is left of it comes first.
  const byob = queue.readable.getReader({ mode: "byob" });
  const { value } = await byob.read(new Uint8Array(31 + 32 + 5));
  assertEquals(value?.byteLength, 31 + 32 + 5);
  byob.releaseLock();
  const rest = queue.readable.getReader();
  assertEquals((await rest.read()).value?.byteLength, 33 - 5);
  assertEquals((await rest.read()).value?.byteLength, 34);
  await rest.cancel();
});

Deno.test("a reader that keeps few bytes of a block does not keep the block", async () => {
  const { queue } = open(1_000_000);
  const reader = queue.readable.getReader();
  queue.push(a);
  for (let part = 0; part < 200; part++) queue.push(new Uint8Array(1000));
  queue.end();
  for (let done = false, read = 0; !done; read++) {
    const { value, done: isDone } = await reader.read();
    done = isDone;
    if (value === undefined) continue;
    assert(value.buffer.byteLength <= value.byteLength * 4);
  }
});

Deno.test("a part queue ends after the queued parts and accepts none after the end", async () => {
  const { queue } = open();
  queue.push(a);
  queue.end();
  queue.push(b);
  queue.end();
  assertEquals(await Array.fromAsync(queue.readable), [a]);
});

Deno.test("a part queue that fails errors its stream at once and discards the queued parts", async () => {
  const { queue, budget } = open(10);
  queue.push(a);
  assertEquals(budget.exceeded, true);
  const error = new Error("cut");
  queue.fail(error);
  assertEquals(budget.exceeded, false);
  queue.push(b);
  queue.end();
  queue.fail(new Error("again"));
  await assertRejects(() => Array.fromAsync(queue.readable), Error, "cut");
});

Deno.test("a part queue that fails rejects a waiting read", async () => {
  const { queue } = open();
  const read = watch(queue.readable.getReader().read());
  await settled();
  queue.fail(new Error("cut"));
  await settled();
  assertEquals(String(read.error), "Error: cut");
});

Deno.test("a part queue ignores a failure once it has ended and all parts have been read", async () => {
  const { queue } = open();
  queue.end();
  queue.fail(new Error("late"));
  assertEquals(await Array.fromAsync(queue.readable), []);
});

Deno.test("cancelling a part queue discards the queued parts and reports the reason", async () => {
  const { queue, budget, calls } = open(10);
  queue.push(a);
  const reason = new Error("enough");
  await queue.readable.cancel(reason);
  assertEquals([budget.exceeded, calls], [false, [reason]]);
  queue.push(b);
  queue.end();
  queue.fail(new Error("late"));
  assertEquals(budget.exceeded, false);
});

Deno.test("a part may be overwritten once it has been pushed, whether a read waits for it or not", async () => {
  const { queue } = open();
  const memory = fromText("ab");
  const reader = queue.readable.getReader();
  const first = reader.read();
  await settled();
  queue.push(memory);
  queue.push(memory);
  memory.fill(0);
  assertEquals((await first).value, fromText("ab"));
  assertEquals((await reader.read()).value, fromText("ab"));
});

Deno.test("a reader with its own buffer receives the queued bytes in it, regardless of part boundaries", async () => {
  const { queue, budget } = open(1100);
  for (const part of ["abc", "de", "f"]) queue.push(fromText(part));
  assertEquals(budget.exceeded, true);
  const reader = queue.readable.getReader({ mode: "byob" });
  const memory = new Uint8Array(4);
  const { value } = await reader.read(memory);
  assertEquals(value, fromText("abcd"));
  assertEquals(memory.byteLength, 0); // The stream has detached it; `value` is a view of the same memory.
  assertEquals(budget.exceeded, false);
  assertEquals((await reader.read(value!)).value, fromText("ef"));
});

Deno.test("a waiting reader with its own buffer receives what fits, and the remainder with its next read", async () => {
  const { queue } = open();
  const reader = queue.readable.getReader({ mode: "byob" });
  const first = reader.read(new Uint8Array(2));
  await settled();
  queue.push(fromText("abc"));
  assertEquals((await first).value, fromText("ab"));
  assertEquals((await reader.read(new Uint8Array(8))).value, fromText("c"));
  const last = reader.read(new Uint8Array(8));
  await settled();
  queue.end();
  const { done, value } = await last;
  assertEquals([done, value?.buffer.byteLength], [true, 8]);
});

Deno.test("large parts are queued together in one chunk, small ones in blocks that grow with them", async () => {
  const { queue } = open();
  const large = new Uint8Array(16384).map((_, index) => index);
  for (const part of [a, large, large, large, large, b]) queue.push(part);
  queue.end();
  const chunks = await Array.fromAsync(queue.readable);
  assertEquals(chunks.map(({ byteLength }) => byteLength), [1, 65536, 1]);
  assertEquals(chunks[1]!.subarray(3 * 16384), large);
});

Deno.test("large parts that arrive together are delivered together, in as few chunks as possible", async () => {
  const { queue } = open();
  const large = new Uint8Array(16384);
  const reader = queue.readable.getReader();
  const sizes: (number | undefined)[] = [];
  const take = async () => sizes.push((await reader.read()).value?.byteLength);
  for (let time = 0; time < 2; time++) {
    const waiting = take();
    await settled();
    for (let count = 0; count < 4; count++) queue.push(large);
    await waiting;
    while (sizes.reduce((sum, size) => sum! + size!)! < (time + 1) * 65536) {
      await take();
    }
  }
  assertEquals(sizes, [16384, 3 * 16384, 4 * 16384]);
});

Deno.test("a waiting reader with its own buffer receives in it all parts that arrive together", async () => {
  const { queue, budget } = open();
  const large = new Uint8Array(16384).map((_, index) => index);
  const reader = queue.readable.getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(5 * 16384));
  await settled();
  for (let count = 0; count < 4; count++) queue.push(large);
  assertEquals(budget.exceeded, false);
  const { value } = await read;
  assertEquals(value?.byteLength, 4 * 16384);
  assertEquals(value?.subarray(3 * 16384), large);
});

Deno.test("a waiting read receives a part that arrives right before the end or a failure", async () => {
  const large = new Uint8Array(16384);
  for (const mode of [undefined, "byob"] as const) {
    for (const last of ["end", "fail"] as const) {
      const { queue } = open();
      const read = mode === undefined
        ? queue.readable.getReader().read()
        : queue.readable.getReader({ mode }).read(new Uint8Array(65536));
      await settled();
      queue.push(large);
      queue[last](new Error("cut"));
      assertEquals((await read).value?.byteLength, large.byteLength);
    }
  }
});

Deno.test("a part queue delivers nothing once its stream has been cancelled", async () => {
  const { queue, budget } = open(10);
  const reader = queue.readable.getReader({ mode: "byob" });
  const read = reader.read(new Uint8Array(8));
  await settled();
  queue.push(new Uint8Array(16384));
  const cancelled = reader.cancel();
  assertEquals(budget.exceeded, false);
  await cancelled;
  assert((await read).done);
});

Deno.test("a block that has been read into the reader's own buffer is reused for later parts", async () => {
  const { queue } = open();
  const large = new Uint8Array(16384);
  const reader = queue.readable.getReader({ mode: "byob" });
  queue.push(a);
  queue.push(large);
  assertEquals(
    (await reader.read(new Uint8Array(65536))).value?.byteLength,
    16385,
  );
  reader.releaseLock();
  queue.push(large);
  const { value } = await queue.readable.getReader().read();
  assertEquals([value?.byteLength, value?.buffer.byteLength], [16384, 65536]);
});

Deno.test("an end within an element of a wide view errors that stream only", async () => {
  const { queue } = open();
  const reader = queue.readable.getReader({ mode: "byob" });
  const read = watch(reader.read(new Uint16Array(1)));
  await settled();
  queue.push(a);
  await settled();
  queue.end();
  await settled();
  assert(read.error instanceof TypeError);
});

Deno.test("a part queue keeps at most two blocks for reuse, is charged for them, and releases them when it ends", async () => {
  for (const how of ["end", "fail", "cancel"] as const) {
    const account = openAccount();
    const budget = new ReceiveBudget(Infinity, Infinity, account);
    const queue = new ReceivedParts(budget, () => {});
    const reader = queue.readable.getReader({ mode: "byob" });
    queue.push(a);
    for (let part = 0; part < 40; part++) queue.push(new Uint8Array(16384));
    const { value } = await reader.read(new Uint8Array(41 * 16384));
    assertEquals(value!.byteLength, 40 * 16384 + 1);
    assertEquals(account.heldBytes, 2 * 65536);
    if (how === "end") queue.end();
    else if (how === "fail") queue.fail(new Error("over"));
    else await reader.cancel();
    assertEquals(account.heldBytes, 0, how);
    reader.closed.catch(() => {});
  }
});
