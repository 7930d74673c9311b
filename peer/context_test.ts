import { assertEquals, assertStrictEquals } from "@std/assert";
import type { RequestContext } from "./context.ts";
import { ScriptedPeer } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

/** Returns handlers that record their contexts and never answer a request. */
function recording(contexts: RequestContext[]): Handlers {
  return new Handlers()
    .handle("wait", (_, context) => {
      contexts.push(context);
      return new Promise(() => {});
    })
    .handleStream("wait", (_, context) => {
      contexts.push(context);
      return new Promise(() => {});
    })
    .onNotification("note", (_, context) => void contexts.push(context));
}

Deno.test("a handler cannot abort its own context", async () => {
  const contexts: RequestContext[] = [];
  await using script = await ScriptedPeer.open({
    handlers: recording(contexts),
  });
  await script.say("r0001004wait00000000s0002004wait00000000n004note00000000");
  assertEquals(contexts.length, 3);
  for (const context of contexts) {
    const members = new Set([
      ...Reflect.ownKeys(context),
      ...Reflect.ownKeys(Object.getPrototypeOf(context)),
    ]);
    assertEquals(
      members,
      new Set([
        "peer",
        "operation",
        "constructor",
        "auth",
        "info",
        "recycle",
        "signal",
      ]),
    );
  }
});

Deno.test("a context exposes the connection that the request arrived over", async () => {
  const contexts: RequestContext[] = [];
  await using script = await ScriptedPeer.open({
    handlers: recording(contexts),
  });
  await script.say("r0001004wait00000000");
  const [context] = contexts;
  assertStrictEquals(context?.info, script.channel.info);
  assertStrictEquals(context?.peer, script.peer);
  await script.peer.close();
  await settled();
  assertStrictEquals(context?.info, script.channel.info);
});
