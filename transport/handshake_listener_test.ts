import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Channel, Listener } from "./channel.ts";
import { acceptedChannels } from "./channel.ts";
import { memoryPair } from "./memory.ts";
import { TestClock } from "./testing/test_clock.ts";
import {
  HandshakeListener,
  MAX_PENDING_HANDSHAKES,
} from "./handshake_listener.ts";

/** A listener that always has another connection. */
class EndlessListener implements Listener {
  readonly address = "memory:";
  /** The remote sides of the accepted connections. */
  readonly remotes: Channel[] = [];
  failure: Error | undefined;

  accept(): Promise<Channel | null> {
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) return Promise.reject(failure);
    const [local, remote] = memoryPair();
    this.remotes.push(remote);
    return Promise.resolve(local);
  }

  close(): void {}

  [Symbol.asyncIterator](): AsyncGenerator<Channel, void, void> {
    return acceptedChannels(this);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }
}

/** A listener whose handshakes are pending until the test settles them. */
function pending(): {
  below: EndlessListener;
  clock: TestClock;
  listener: HandshakeListener;
  handshakes: PromiseWithResolvers<Channel | undefined>[];
} {
  const below = new EndlessListener();
  const clock = new TestClock();
  const handshakes: PromiseWithResolvers<Channel | undefined>[] = [];
  const handshake = () => {
    const result = Promise.withResolvers<Channel | undefined>();
    handshakes.push(result);
    return result.promise;
  };
  const listener = new HandshakeListener(
    "test:",
    below,
    handshake,
    5_000,
    clock,
  );
  return { below, clock, listener, handshakes };
}

/** Runs all pending microtasks. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20_000; turn++) await Promise.resolve();
}

Deno.test("a listener has at most 1,024 handshakes in progress", async () => {
  const { below, listener, handshakes } = pending();
  const accepting = listener.accept();
  await settle();
  assertEquals(MAX_PENDING_HANDSHAKES, 1_024);
  assertEquals(below.remotes.length, 1_024);
  // A handshake that completes makes room for another.
  handshakes[7]!.resolve(undefined);
  await settle();
  assertEquals(below.remotes.length, 1_025);
  const [channel] = memoryPair();
  handshakes[8]!.resolve(channel);
  assertEquals(await accepting, channel);
  channel.abort();
  listener.close();
});

Deno.test("channels that nobody accepts count as handshakes", async () => {
  const { below, listener, handshakes } = pending();
  const accepting = listener.accept();
  await settle();
  for (const { resolve } of handshakes) resolve(memoryPair()[0]);
  assert(await accepting !== null);
  await settle();
  assertEquals(below.remotes.length, 1_024);
  // The 1,023 ready channels come first; then accepting continues.
  for (let count = 0; count < 1_023; count++) await listener.accept();
  const next = listener.accept();
  await settle();
  assertEquals(below.remotes.length, 2_048);
  listener.close();
  assertEquals(await next, null);
});

Deno.test("a handshake that takes longer than 5 s is aborted", async () => {
  const { below, clock, listener } = pending();
  const accepting = listener.accept();
  await settle();
  clock.advance(4_999);
  await settle();
  assertEquals(below.remotes.length, 1_024);
  const reading = assertRejects(() => below.remotes[0]!.read());
  clock.advance(1);
  await reading;
  listener.close();
  assertEquals(await accepting, null);
});

Deno.test("a listener reports a failure to accept to one caller, and continues", async () => {
  const { below, listener, handshakes } = pending();
  below.failure = new Error("too many open files");
  await assertRejects(() => listener.accept(), Error, "too many open files");
  const accepting = listener.accept();
  await settle();
  const [channel] = memoryPair();
  handshakes[0]!.resolve(channel);
  assertEquals(await accepting, channel);
  channel.abort();
  listener.close();
});

Deno.test("a listener that closes aborts handshakes and channels that nobody accepted", async () => {
  const { below, listener, handshakes } = pending();
  const accepting = listener.accept();
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
  await assertRejects(() => below.remotes[2]!.read());
  await settle();
  assertEquals(await listener.accept(), null);
  first.abort();
});
