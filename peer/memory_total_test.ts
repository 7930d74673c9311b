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
    this.account.bufferChanged(bytes);
  }

  /** Ends the connection. */
  end(error: Error): void {
    this.error = error;
    this.account.wake();
    this.account.close();
    this.account.change(-this.#sent);
    this.#sent = 0;
    this.account.bufferChanged(-this.#received);
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
    account.bufferChanged(-this.#received);
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
  one.bufferChanged(90 * KIB);
  assertEquals([total.isShort, one.exceeded], [true, false]);
  one.bufferChanged(-40 * KIB);
  assertEquals([total.heldBytes, one.hasReleased], [50 * KIB, false]);
  one.bufferChanged(-50 * KIB);
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
