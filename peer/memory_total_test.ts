import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { MemoryAccount } from "./link/memory_account.ts";
import { MemoryTotal, SMALL } from "./memory_total.ts";
import { openAccount } from "./testing/memory_account.ts";
import { settled, VirtualClock } from "./testing/virtual_clock.ts";

const KIB = 1024;

/** A connection that reads whenever its account allows it. */
class Connection {
  readonly account: MemoryAccount;
  #sent = 0;
  #received = 0;
  error: Error | undefined;
  reads = 0;
  isWaiting = false;

  constructor(total: MemoryTotal, clock: VirtualClock, maxBytes: number) {
    this.account = openAccount({
      total,
      maxBytes,
      clock,
      ended: (error) => this.end(error),
    });
  }

  /** Sends something that is never written. */
  send(bytes: number): void {
    this.#sent += bytes;
    this.account.change(bytes);
  }

  /** Receives bytes that wait in the channel, which discards them when it ends. */
  receive(bytes: number): void {
    this.#received += bytes;
    this.account.bufferChanged(bytes, "received");
  }

  /** Ends the connection. */
  end(error: Error): void {
    this.error = error;
    this.account.wake();
    this.account.close();
    this.account.change(-this.#sent);
    this.#sent = 0;
    this.account.bufferChanged(-this.#received, "received");
    this.#received = 0;
  }

  /** Reads a chunk after which `partialBytes` bytes of a message are kept and `missingBytes` are missing, once it may. */
  async read(partialBytes: number, missingBytes: number): Promise<void> {
    const { account } = this;
    while (account.exceeded && this.error === undefined) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.isWaiting = true;
      account.wait(resolve);
      await promise;
      this.isWaiting = false;
    }
    account.stopWaiting();
    if (this.error !== undefined) return;
    account.bufferChanged(-this.#received, "received");
    this.#received = 0;
    account.chunkRead();
    this.reads++;
    account.chunkHandled(partialBytes, missingBytes);
  }
}

Deno.test("connections in the middle of messages read one at a time while memory is short, and all at once when it is not", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [one, two, three] = [1, 2, 3].map(() =>
    new Connection(total, clock, Infinity)
  );
  for (const connection of [one!, two!, three!]) {
    await connection.read(200 * KIB, 100 * KIB);
  }
  assert(total.isShort);
  const reads = [one!, two!, three!].map((connection) =>
    connection.read(250 * KIB, 50 * KIB)
  );
  await settled();
  assertEquals([one!, two!, three!].map(({ reads }) => reads), [2, 1, 1]);
  await one!.read(0, 0);
  await Promise.all(reads);
  assertEquals(total.heldBytes, 500 * KIB);
  assertEquals(clock.timers, 0);
});

Deno.test("the turn passes on after a second, also from a connection whose message does not arrive", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const one = new Connection(total, clock, Infinity);
  const two = new Connection(total, clock, Infinity);
  await one.read(300 * KIB, 10);
  await two.read(300 * KIB, 10);
  await one.read(300 * KIB, 10);
  const read = two.read(0, 0);
  await clock.advance(999);
  assert(two.isWaiting);
  await clock.advance(1);
  await read;
  one.account.close();
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("property: a total is what its connections hold, and nobody waits once memory is there", async () => {
  const act = fc.record({
    kind: fc.constantFrom(
      "read",
      "work",
      "release",
      "send",
      "receive",
      "second",
    ),
    who: fc.nat(3),
    size: fc.integer({ min: 1, max: 150 * KIB }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const clock = new VirtualClock();
      const total = new MemoryTotal(400 * KIB);
      const connections = [0, 1, 2, 3].map(() =>
        new Connection(total, clock, 200 * KIB)
      );
      const reads: Promise<void>[] = [];
      for (const { kind, who, size } of acts) {
        const connection = connections[who]!;
        const { account } = connection;
        if (connection.error !== undefined) continue;
        if (kind === "second") await clock.advance(1000);
        else if (kind === "read" && !connection.isWaiting) {
          reads.push(connection.read(size, size % 2 * 1000));
        } else if (kind === "work" && account.refuses(size) === undefined) {
          account.work(size);
        } else if (kind === "send") connection.send(size);
        else if (kind === "receive") connection.receive(size);
        else if (kind === "release") {
          account.work(-account.workingBytes);
          if (!connection.isWaiting) reads.push(connection.read(0, 0));
        }
        await settled();
        const sum = connections.reduce(
          (sum, { account }) => sum + account.heldBytes,
          0,
        );
        assertEquals(total.heldBytes, sum);
        if (total.isShort) continue;
        for (const { account, isWaiting } of connections) {
          const { bufferedBytes, heldBytes } = account;
          assert(!isWaiting || heldBytes - bufferedBytes > 200 * KIB);
        }
      }
      for (const connection of connections) {
        const { account } = connection;
        account.work(-account.workingBytes);
        connection.end(new Error("over"));
      }
      await Promise.all(reads);
      assertEquals([total.heldBytes, total.workingBytes, clock.timers], [
        0,
        0,
        0,
      ]);
    }),
  );
});

Deno.test("above the maximum, connections end for what their handlers hold, and no other ends while those stop", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [one, two, other] = [1, 2, 3].map(() =>
    new Connection(total, clock, Infinity)
  );
  one!.account.work(400 * KIB);
  two!.account.work(350 * KIB);
  other!.send(300 * KIB);
  await settled();
  assertEquals([one, two, other].map((who) => who!.error !== undefined), [
    true,
    false,
    false,
  ]);
  // Its handlers have not stopped yet.
  two!.account.work(100 * KIB);
  other!.send(100 * KIB);
  await settled();
  assert(total.heldBytes > total.maxBytes);
  assertEquals([two!.error, other!.error], [undefined, undefined]);
  for (const { account } of [one!, two!]) account.work(-account.workingBytes);
  other!.end(new Error("over"));
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("a connection is ended for others that wait if its handlers hold the memory, not one whose end does not help", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [working, other, waiting] = [1, 2, 3].map(() =>
    new Connection(total, clock, Infinity)
  );
  working!.account.work(600 * KIB);
  other!.send(100 * KIB);
  await waiting!.read(80 * KIB, 0);
  // While there is space for what arrives, all go on.
  for (let turn = 0; turn < 20; turn++) {
    const reads = [waiting!.read(80 * KIB, 0), other!.read(0, 0)];
    await clock.advance(2000);
    await Promise.all(reads);
  }
  assertEquals([working, other].map((who) => who!.error), [
    undefined,
    undefined,
  ]);
  let read = waiting!.read(80 * KIB, 400 * KIB);
  await clock.advance(2000);
  await read;
  read = waiting!.read(0, 0);
  void other!.read(0, 0);
  await clock.advance(20_000);
  assertEquals([working, other].map((who) => who!.error !== undefined), [
    true,
    false,
  ]);
  working!.account.work(-600 * KIB);
  await read;
  for (const who of [other!, waiting!]) who.end(new Error("over"));
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("a connection that holds little again leaves the queue of turns, between chunks and after one", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [one, two, other] = [1, 2, 3].map(() =>
    new Connection(total, clock, Infinity)
  );
  other!.send(600 * KIB);
  await one!.read(100 * KIB, 10);
  await two!.read(0, 0);
  two!.account.work(100 * KIB);
  // One has the first turn, with which its message is complete.
  await one!.read(0, 0);
  const read = two!.read(0, 10);
  await clock.advance(1000);
  await read;
  assertEquals(clock.timers, 1);
  two!.account.work(-100 * KIB);
  assertEquals(clock.timers, 0);
  for (const who of [one!, two!, other!]) who.end(new Error("over"));
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("connections that have had their turn and receive nothing take none from others", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(2000 * KIB);
  const [reading, ...idle] = Array.from(
    { length: 9 },
    () => new Connection(total, clock, Infinity),
  );
  for (const who of idle) await who.read(150 * KIB, 10);
  const reads = idle.map((who) => who.read(150 * KIB, 10));
  await clock.advance(8000);
  await Promise.all(reads);
  await reading!.read(100 * KIB, 0);
  for (let turn = 0; turn < 4; turn++) {
    const read = reading!.read(100 * KIB, 0);
    await clock.advance(2000);
    await read;
  }
  for (const who of [reading!, ...idle]) who.end(new Error("over"));
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("a connection that holds little is not held back, however short memory is", () => {
  const total = new MemoryTotal(100 * KIB);
  const one = openAccount({ total });
  const two = openAccount({ total });
  one.change(90 * KIB);
  two.change(SMALL);
  assertEquals([one.exceeded, two.exceeded], [true, false]);
  one.change(-90 * KIB);
  two.change(-SMALL);
  assertEquals(total.heldBytes, 0);
});

Deno.test("bytes that wait in channels do not hold a connection back, and reading them is no release", () => {
  const total = new MemoryTotal(100 * KIB);
  const one = openAccount({ total, maxBytes: SMALL });
  one.bufferChanged(90 * KIB, "received");
  assertEquals([total.isShort, one.exceeded], [true, false]);
  one.bufferChanged(-40 * KIB, "received");
  assertEquals([total.heldBytes, one.hasReleased], [50 * KIB, false]);
  one.bufferChanged(-50 * KIB, "received");
});

Deno.test("a connection may read the rest of its message if it waits in the channel already", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [one, two, three] = [1, 2, 3].map(() =>
    new Connection(total, clock, Infinity)
  );
  await three!.read(250 * KIB, 10);
  await two!.read(300 * KIB, 10);
  await one!.read(150 * KIB, 200 * KIB);
  one!.receive(200 * KIB);
  await one!.read(0, 0);
  assertEquals([one!.reads, total.heldBytes], [2, 550 * KIB]);
  two!.account.close();
  three!.account.close();
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("a connection in the middle of a message has its turn as soon as that of another ends", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [other, one, two, three] = [1, 2, 3, 4].map(() =>
    new Connection(total, clock, Infinity)
  );
  other!.send(600 * KIB);
  for (const who of [one!, two!]) await who.read(80 * KIB, 10);
  await three!.read(80 * KIB, 0);
  const reads = [two!, three!, one!].map((who) => who.read(90 * KIB, 10));
  // Two has the first turn. Three is between two messages and stands before one.
  await reads[0];
  assertEquals([one, two, three].map((who) => who!.reads), [1, 2, 1]);
  void two!.read(70 * KIB, 0);
  await settled();
  assertEquals([one, two, three].map((who) => who!.reads), [2, 3, 1]);
  for (const who of [one!, two!, three!, other!]) who.end(new Error("over"));
  await Promise.all(reads);
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("connections that hold little are not ended, even if they are together above the maximum", async () => {
  const total = new MemoryTotal(1000 * KIB);
  const errors: Error[] = [];
  const many = Array.from(
    { length: 20 },
    () => openAccount({ total, ended: (error) => errors.push(error) }),
  );
  for (const one of many) one.change(SMALL);
  await settled();
  assert(total.heldBytes > total.maxBytes);
  assertEquals(errors, []);
  for (const one of many) one.change(-SMALL);
  assertEquals(total.heldBytes, 0);
});

Deno.test("a connection is not ended for what its handlers hold while others hold more", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [working, waiting, ...small] = Array.from(
    { length: 8 },
    () => new Connection(total, clock, Infinity),
  );
  working!.account.work(250 * KIB);
  for (const who of small) who.send(SMALL);
  await waiting!.read(80 * KIB, 0);
  for (let turn = 0; turn < 20; turn++) {
    const read = waiting!.read((turn % 2 === 0 ? 70 : 80) * KIB, 0);
    await clock.advance(2000);
    await read;
  }
  assert(total.isShort);
  // Its end would release nothing at once.
  assertEquals(working!.error, undefined);
  working!.account.work(-250 * KIB);
  for (const who of [waiting!, ...small]) who.end(new Error("over"));
  assertEquals([total.heldBytes, clock.timers], [0, 0]);
});

Deno.test("a message that is small next to the free memory does not wait for those of others", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(64_000 * KIB);
  const slow = [1, 2, 3, 4].map(() => new Connection(total, clock, Infinity));
  for (const connection of slow) {
    await connection.read(10_000 * KIB, 1_000 * KIB);
    void connection.read(10_001 * KIB, 999 * KIB);
  }
  assert(total.isShort);
  const one = new Connection(total, clock, Infinity);
  await one.read(100 * KIB, 400 * KIB);
  await one.read(400 * KIB, 100 * KIB);
  await one.read(0, 0);
  // The same for one that has waited since there was less space.
  const two = new Connection(total, clock, Infinity);
  slow[1]!.send(16_000 * KIB);
  await two.read(100 * KIB, 400 * KIB);
  const read = two.read(0, 0);
  await clock.advance(900);
  assert(two.isWaiting);
  slow[1]!.account.change(-16_000 * KIB);
  await clock.advance(100);
  await read;
  assertEquals([one.error, two.error], [undefined, undefined]);
});

Deno.test("a message that hardly arrives in its turn ends its connection if others wait", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const slow = [1, 2, 3, 4].map(() => new Connection(total, clock, Infinity));
  const one = new Connection(total, clock, Infinity);
  for (const connection of slow) await connection.read(200 * KIB, 100 * KIB);
  await one.read(80 * KIB, 100 * KIB);
  for (const connection of slow) void connection.read(201 * KIB, 99 * KIB);
  const read = one.read(0, 0);
  const ended = () => slow.filter(({ error }) => error !== undefined).length;
  await clock.advance(999);
  assertEquals(ended(), 0);
  await clock.advance(1);
  assertEquals(ended(), 1);
  assert(one.isWaiting);
  await clock.advance(1_000);
  assertEquals(ended(), 2);
  await read;
  assertEquals(one.error, undefined);
});

Deno.test("a message that arrives in its turns at 32 KiB a second does not end its connection", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const connections = [1, 2].map(() => new Connection(total, clock, Infinity));
  for (const connection of connections) {
    await connection.read(400 * KIB, 190 * KIB);
  }
  const sizes = [400, 400];
  for (let turn = 1; turn < 10; turn++) {
    connections.forEach((connection, at) => {
      if (connection.isWaiting || sizes[at] === 560) return;
      const size = sizes[at]! += 32;
      void connection.read(size * KIB, (590 - size) * KIB);
    });
    await clock.advance(1_000);
  }
  assertEquals(connections.map(({ error }) => error), [undefined, undefined]);
});

Deno.test("a connection that releases no more than a heartbeat in each turn is ended for one that waits", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(1000 * KIB);
  const [one, two] = [1, 2].map(() => new Connection(total, clock, Infinity));
  one!.send(550 * KIB);
  await two!.read(200 * KIB, 700 * KIB);
  const read = two!.read(0, 0);
  for (let turn = 1; turn <= 10; turn++) {
    assertEquals(one!.error, undefined, `after ${turn - 1} turns`);
    one!.account.change(14);
    one!.account.change(-14);
    await clock.advance(1_000);
  }
  assert(one!.error !== undefined);
  await read;
  assertEquals(two!.error, undefined);
});

Deno.test("a connection that waits for its turn is not ended for having released nothing", async () => {
  const clock = new VirtualClock();
  const total = new MemoryTotal(2000 * KIB);
  const connections = Array.from(
    { length: 12 },
    () => new Connection(total, clock, Infinity),
  );
  for (const connection of connections) {
    await connection.read(90 * KIB, 40 * KIB);
  }
  const reads = connections.map((connection) =>
    connection.read(122 * KIB, 8 * KIB)
  );
  const waiting = () => connections.filter(({ isWaiting }) => isWaiting);
  while (waiting().length > 0) {
    for (const { account, isWaiting } of connections) {
      if (isWaiting) continue;
      account.change(SMALL);
      account.change(-SMALL);
    }
    await clock.advance(1_000);
    const ended = connections.filter(({ error }) => error !== undefined);
    assertEquals(ended.length, 0, `while ${waiting().length} wait`);
  }
  await Promise.all(reads);
  assertEquals(clock.now() >= 11_000, true);
});
