import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Channel, ChannelInfo, Listener } from "./channel.ts";
import { acceptedChannels } from "./channel.ts";
import { memoryPair } from "./memory.ts";
import { TestClock } from "./testing/test_clock.ts";
import { HandshakeListener, type ReportRefusal } from "./handshake_listener.ts";

/** A listener whose connections a test opens. */
class FakeListener implements Listener {
  readonly address = "memory:";
  readonly #queue: (Channel | Error | null)[] = [];
  #wake: (() => void) | undefined;

  /** Opens connections, and returns their remote sides. */
  connect(count: number): Channel[] {
    return Array.from({ length: count }, () => {
      const [local, remote] = memoryPair();
      this.offer(local);
      return remote;
    });
  }

  /** Lets the next `accept` return a channel or `null`, or fail. */
  offer(next: Channel | Error | null): void {
    this.#queue.push(next);
    this.#wake?.();
  }

  /** The number of connections that nobody has accepted. */
  get queued(): number {
    return this.#queue.length;
  }

  async accept(): Promise<Channel | null> {
    while (this.#queue.length === 0) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const next = this.#queue.shift()!;
    if (next instanceof Error) throw next;
    return next;
  }

  close(): void {
    this.offer(null);
  }

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

interface Refusal {
  readonly message: string;
  readonly info: ChannelInfo | undefined;
}

/** A listener whose handshakes are pending until the test settles them. */
function pending(maxPendingHandshakes: number): {
  below: FakeListener;
  clock: TestClock;
  listener: HandshakeListener;
  handshakes: PromiseWithResolvers<Channel | undefined>[];
  reports: ReportRefusal[];
  refusals: Refusal[];
} {
  const below = new FakeListener();
  const clock = new TestClock();
  const handshakes: PromiseWithResolvers<Channel | undefined>[] = [];
  const reports: ReportRefusal[] = [];
  const refusals: Refusal[] = [];
  const listener = new HandshakeListener(
    "test:",
    below,
    (_, report) => {
      const result = Promise.withResolvers<Channel | undefined>();
      handshakes.push(result);
      reports.push(report);
      return result.promise;
    },
    {
      maxPendingHandshakes,
      upgradeTimeout: 5_000,
      onRefused: (error, info) =>
        void refusals.push({ message: (error as Error).message, info }),
    },
    clock,
  );
  return { below, clock, listener, handshakes, reports, refusals };
}

/** Runs all pending microtasks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 1_000; turn++) await Promise.resolve();
}

/** Whether a channel has ended. */
async function hasEnded(channel: Channel): Promise<boolean> {
  let ended = false;
  void channel.closed.then(() => ended = true);
  void channel.read().catch(() => {});
  await settle();
  return ended;
}

Deno.test("a connection beyond maxPendingHandshakes ends the handshake that has taken longest", async () => {
  const { below, clock, listener, handshakes, refusals } = pending(3);
  const accepting = listener.accept();
  const remotes = below.connect(3);
  await settle();
  assertEquals([handshakes.length, refusals.length], [3, 0]);
  remotes.push(...below.connect(2));
  await settle();
  assertEquals(handshakes.length, 5);
  assertEquals(
    refusals.map(({ message }) => message),
    Array(2).fill(
      "Cannot accept a connection: 3 handshakes are pending, wanted at most 3, and this one is the oldest",
    ),
  );
  assertEquals(refusals[0]!.info?.transport, "memory");
  const ended: boolean[] = [];
  for (const remote of remotes) ended.push(await hasEnded(remote));
  assertEquals(ended, [true, true, false, false, false]);
  assertEquals(clock.pending, 3);
  const [channel] = memoryPair();
  handshakes[4]!.resolve(channel);
  assertEquals(await accepting, channel);
  channel.abort();
  listener.close();
});

Deno.test("channels that nobody accepts count as handshakes, and hold accepting back", async () => {
  const { below, listener, handshakes, refusals } = pending(3);
  const accepting = listener.accept();
  below.connect(4);
  await settle();
  for (const { resolve } of handshakes) resolve(memoryPair()[0]);
  assert(await accepting !== null);
  below.connect(4);
  await settle();
  // A handshake was ended for the fourth connection. The fifth was awaited
  // already, and nobody waits for more.
  assertEquals([handshakes.length, below.queued, refusals.length], [5, 3, 1]);
  for (let count = 0; count < 2; count++) await listener.accept();
  const next = listener.accept();
  await settle();
  assertEquals([handshakes.length, below.queued], [8, 0]);
  listener.close();
  assertEquals(await next, null);
});

Deno.test("a handshake that takes longer than upgradeTimeout is ended and reported", async () => {
  const { below, clock, listener, refusals } = pending(3);
  const accepting = listener.accept();
  const [remote] = below.connect(1);
  await settle();
  clock.advance(4_999);
  await settle();
  assertEquals(refusals, []);
  const reading = assertRejects(() => remote!.read());
  clock.advance(1);
  await reading;
  await settle();
  assertEquals(refusals.map(({ message }) => message), [
    "Cannot accept a connection: the handshake took longer than 5000 ms",
  ]);
  assertEquals(clock.pending, 0);
  listener.close();
  assertEquals(await accepting, null);
});

Deno.test("a refusal is reported once, with what the handshake knows", async () => {
  const { below, listener, handshakes, reports, refusals } = pending(3);
  const accepting = listener.accept();
  below.connect(1);
  await settle();
  const info: ChannelInfo = { transport: "websocket", secure: false };
  reports[0]!(new Error("status 403"), info);
  reports[0]!(new Error("too late"));
  handshakes[0]!.reject(new Error("the response could not be sent"));
  await settle();
  assertEquals(refusals, [{ message: "status 403", info }]);
  listener.close();
  assertEquals(await accepting, null);
});

Deno.test("a handshake that fails is reported; clients that leave, at most once a second", async () => {
  const { below, listener, handshakes, refusals } = pending(10);
  const accepting = listener.accept();
  below.connect(2);
  const leaving = below.connect(5);
  await settle();
  handshakes[0]!.reject(new Deno.errors.InvalidData("no TLS"));
  handshakes[1]!.reject(new Deno.errors.ConnectionReset("reset"));
  for (const remote of leaving) remote.abort();
  await settle();
  assertEquals(
    refusals.map(({ message }) => message).sort(),
    ["no TLS", "reset"],
  );
  assert(refusals.every(({ info }) => info?.transport === "memory"));
  listener.close();
  assertEquals(await accepting, null);
});

Deno.test("a listener reports a failure to accept to one caller, and continues", async () => {
  const { below, listener, handshakes } = pending(3);
  below.offer(new Error("too many open files"));
  await assertRejects(() => listener.accept(), Error, "too many open files");
  const accepting = listener.accept();
  below.connect(1);
  await settle();
  const [channel] = memoryPair();
  handshakes[0]!.resolve(channel);
  assertEquals(await accepting, channel);
  channel.abort();
  listener.close();
});

Deno.test("a listener ends with the one below", async () => {
  const { below, listener } = pending(3);
  const accepting = listener.accept();
  below.offer(null);
  assertEquals(await accepting, null);
  assertEquals(await listener.accept(), null);
});

Deno.test("a listener that closes aborts handshakes and channels that nobody accepted, and reports none", async () => {
  const { below, listener, handshakes, refusals } = pending(4);
  const accepting = listener.accept();
  const remotes = below.connect(4);
  await settle();
  const [first] = memoryPair();
  const [ready, late] = [memoryPair()[0], memoryPair()[0]];
  handshakes[0]!.resolve(first);
  handshakes[1]!.resolve(ready);
  await accepting;
  await settle();
  // This handshake completes only after the listener is closed.
  listener.close();
  handshakes[2]!.resolve(late);
  assert((await ready.closed).error instanceof Error);
  await assertRejects(() => remotes[2]!.read());
  await settle();
  assertEquals(await listener.accept(), null);
  assertEquals(refusals, []);
  first.abort();
});

Deno.test("a connection that is accepted while the listener closes is aborted, without a handshake", async () => {
  const { below, clock, listener, handshakes, refusals } = pending(3);
  const accepting = listener.accept();
  const [remote] = below.connect(1);
  listener.close();
  assertEquals(await accepting, null);
  await settle();
  assertEquals([handshakes.length, refusals.length, clock.pending], [0, 0, 0]);
  assert(await hasEnded(remote!));
});
