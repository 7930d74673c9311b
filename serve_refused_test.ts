import { assertEquals } from "@std/assert";
import { Handlers } from "./mod.ts";
import { ScriptedChannel } from "./peer/testing/scripted_channel.ts";
import { settled, VirtualClock } from "./peer/testing/virtual_clock.ts";
import { serve } from "./serve.ts";
import { acceptedChannels, type Listener } from "./transport/channel.ts";

/** Returns a listener that accepts these channels. */
function listenerOf(channels: readonly ScriptedChannel[]): Listener {
  const waiting = [...channels];
  const { promise: closed, resolve } = Promise.withResolvers<null>();
  return {
    address: "memory:",
    accept: () => Promise.resolve(waiting.shift() ?? closed),
    close: () => resolve(null),
    [Symbol.asyncIterator]() {
      return acceptedChannels(this);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(resolve(null)),
  };
}

Deno.test("serve() ends the oldest of more than 256 connections that are being refused", async () => {
  const clock = new VirtualClock();
  // None of these clients reads its refusal.
  const channels = Array.from({ length: 259 }, () => {
    const channel = new ScriptedChannel();
    channel.stall();
    return channel;
  });
  const listener = listenerOf(channels);
  const server = await serve({
    listener,
    maxConnections: 0,
    clock,
  }, new Handlers());
  const ended = () =>
    channels.flatMap(({ abortedWith }, at) =>
      abortedWith === undefined ? [] : [at]
    );
  await settled();
  assertEquals(ended(), [0, 1, 2]);
  await clock.advance(4_999);
  assertEquals(ended(), [0, 1, 2]);
  await clock.advance(1);
  assertEquals(ended().length, 259);
  await server.close();
  assertEquals(clock.timers, 0);
});
