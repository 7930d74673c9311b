import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { TlsListener } from "./_tls_listener.ts";
import type { Channel, Listener } from "./channel.ts";
import { memoryPair } from "./memory.ts";

const [cert, key] = ["crt", "key"].map((extension) =>
  Deno.readTextFileSync(
    new URL(`./testing/localhost.${extension}`, import.meta.url),
  )
) as [string, string];

/** A listener on which a channel has arrived, and which rejects once it is closed. */
function arrived(channel: Channel): Listener {
  let closed = false;
  return {
    address: "tls://127.0.0.1:1",
    accept: () => Promise.resolve(closed ? null : channel),
    close: () => void (closed = true),
  } as Listener;
}

Deno.test("a TLS listener that cannot open its port again reports why, and tries again with the next accept", async () => {
  const [channel, other] = memoryPair();
  const failure = new Error("Too many open files");
  let isFull = true;
  let opened = 0;
  const listener = new TlsListener(arrived(channel), () => {
    if (isFull) throw failure;
    opened++;
    return arrived(channel);
  });
  assertStrictEquals(await listener.accept(), channel);
  const renewed = { cert, key };
  assertStrictEquals(
    await assertRejects(() => listener.renewCertificate(renewed)),
    failure,
  );
  assertStrictEquals(await assertRejects(() => listener.accept()), failure);
  isFull = false;
  assertStrictEquals(await listener.accept(), channel);
  assertStrictEquals(await listener.accept(), channel);
  assertEquals(opened, 1);
  listener.close();
  assertEquals(await listener.accept(), null);
  channel.abort();
  other.abort();
});
