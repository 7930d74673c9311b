import { assertEquals } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { gotalk } from "../testing/program.ts";

Deno.test("notify sends a notification, as often as wanted, and waits until it is sent", async () => {
  const seen: unknown[] = [];
  const all = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .onNotification("seen", (value: unknown) => {
      if (seen.push(value) === 4) all.resolve();
    })
    .onNotificationText("said", (text) => {
      seen.push(text);
    });
  await using server = await serve({ port: 0 }, handlers);
  assertEquals(
    await gotalk(["notify", server.address, "said", "--text", "a b"]),
    { status: 0, out: "", err: "" },
  );
  assertEquals(
    await gotalk([
      "notify",
      server.address,
      "seen",
      '{"id":7}',
      "--repeat=3",
      "--json",
    ]),
    { status: 0, out: '{"ok":true}\n', err: "" },
  );
  await all.promise;
  assertEquals(seen, ["a b", { id: 7 }, { id: 7 }, { id: 7 }]);
});

Deno.test("notify ends with a status for what failed", async () => {
  const ended = await gotalk(["notify", "tcp://127.0.0.1:1", "seen"]);
  assertEquals([ended.status, ended.out], [3, ""]);
  const wrong = await gotalk(["notify", "tcp://127.0.0.1:1", "seen", "{"]);
  assertEquals([wrong.status, wrong.out], [2, ""]);
});
