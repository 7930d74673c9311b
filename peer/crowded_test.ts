import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { text } from "../codec/mod.ts";
import type { BufferObserver } from "../transport/channel.ts";
import { ReceiveQueue } from "../transport/receive_queue.ts";
import { ScriptedChannel } from "../transport/testing/scripted_channel.ts";
import { systemClock } from "./clock.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const MIB = 1024 * 1024;

/** A channel that cannot hold the remote side back, and is crowded with 1 MiB. */
class QueueingChannel extends ScriptedChannel {
  readonly wholeUnits = true;
  readonly queue = new ReceiveQueue();
  #observer: BufferObserver | undefined;
  #wake: (() => void) | undefined;

  observeBuffers(observer: BufferObserver): void {
    this.#observer = observer;
    this.queue.observe(observer);
  }

  receive(message: Uint8Array): void {
    this.queue.push(message);
    this.#wake?.();
    if (this.queue.heldBytes > MIB) this.#observer?.crowded?.();
  }

  readQueued(): Uint8Array | undefined {
    return this.queue.shift();
  }

  override async read(): Promise<Uint8Array | null> {
    for (;;) {
      if (this.endedBy !== undefined) return null;
      const chunk = this.readQueued();
      if (chunk !== undefined) return chunk;
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
  }

  override abort(): void {
    super.abort();
    this.#wake?.();
  }
}

Deno.test("what crowds a channel is read without a turn, so that the stream which has too much unread data is ended alone (extension/credit-exceeded)", async () => {
  let now = 0;
  const channel = new QueueingChannel({ chunks: [] });
  const peer = new Peer(channel, {
    // By this clock, every check ends a slice of time.
    clock: { ...systemClock, now: () => now += 20, schedule: () => undefined },
    handlers: new Handlers()
      .handleText("echo", (value) => value)
      .handleStream("hold", () => new Promise(() => {})),
    role: "acceptor",
  });
  channel.receive(text.encode("01s0001004hold00000000"));
  await settled();
  let most = 0;
  for (let count = 0; count < 20 * 64; count++) {
    channel.receive(text.encode("p000100004000"));
    channel.receive(new Uint8Array(16 * 1024));
    most = Math.max(most, channel.queue.heldBytes);
    for (let microtask = 0; microtask < 2; microtask++) await undefined;
  }
  assert(most < 2 * MIB, `${most} bytes are queued`);
  channel.receive(text.encode("r0003004echo00000002hi"));
  await settled();
  const written = text.decode(channel.written);
  assertStringIncludes(written, "E000100000014too much unread data");
  assertStringIncludes(written, "R000300000002hi");
  assertEquals(peer.state, "open");
  peer.abort();
  await peer.closed;
});
