/** Handlers that end their own connection before they first wait. */
import { assertEquals } from "@std/assert";
import type { RequestContext } from "./context.ts";
import { Handlers } from "./handlers.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";

const ENDINGS: Record<string, (context: RequestContext) => unknown> = {
  abort: ({ peer }) => peer.abort(new Error("enough")),
  close: ({ peer }) => peer.close(),
};

const MESSAGES = {
  "a single request": "r0001001x00000000",
  "a stream request": "s0001001x00000000",
  "a notification": "n001x00000000",
};

/** Runs a handler that ends its connection, and a second one of the same chunk, which is not to run. */
async function ended(
  message: string,
  end: (context: RequestContext) => unknown,
): Promise<void> {
  const contexts: RequestContext[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  async function handle(_: unknown, context: RequestContext) {
    contexts.push(context);
    void end(context);
    await promise;
    return new Uint8Array(100_000);
  }
  const handlers = new Handlers()
    .handleBytes("x", handle)
    .handleStream("x", handle)
    .onNotificationBytes("x", async (payload, context) => {
      await handle(payload, context);
    });
  const limits = { handlerTimeout: 1_000 };
  await using script = await ScriptedPeer.open({ handlers, limits });
  await script.say(message + message.replace("0001", "0002"));
  await settled();
  assertEquals(contexts.map(({ signal }) => signal.aborted), [true]);
  const { abandoned, running } = script.peer.stats;
  assertEquals([running, abandoned], [0, 1]);
  resolve();
  await settled();
  assertEquals([script.peer.stats.abandoned, script.memory.heldBytes], [0, 0]);
  assertEquals(script.events, []);
}

for (const [kind, message] of Object.entries(MESSAGES)) {
  for (const [ending, end] of Object.entries(ENDINGS)) {
    Deno.test(`a handler of ${kind} that ends its connection at once by ${ending} is stopped`, async () => {
      await ended(message, end);
    });
  }
}
