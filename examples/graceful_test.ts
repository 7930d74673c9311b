import { assertEquals, assertGreater } from "@std/assert";
import { reconnect } from "@gotalk/gotalk";
import { Program } from "./testing/program.ts";

function start(port: number): Program {
  return new Program(new URL("./graceful.ts", import.meta.url), {
    args: [`${port}`],
  });
}

Deno.test("a server that is ended by SIGTERM under load and started again loses no call, and repeats none", async () => {
  await using first = start(0);
  const address = await first.address();
  const clients = Array.from(
    { length: 8 },
    () => reconnect(address, { initialDelay: 50, maxDelay: 200 }),
  );
  let ended = false;
  let calls = 0;
  /** Makes calls one after the other. */
  async function load(client: typeof clients[number]): Promise<void> {
    while (!ended) {
      const call = calls++;
      assertEquals(await client.request("work", call), call);
    }
  }
  const loads = clients.flatMap((client) =>
    Array.from({ length: 16 }, () => load(client))
  );
  const all = Promise.all(loads);
  /** Waits until this number of calls more was made. */
  const more = (count: number) => {
    const wanted = calls + count;
    return Promise.race([
      all,
      (async () => {
        while (calls < wanted) await clients[0]!.request("work", 0), calls++;
      })(),
    ]);
  };
  await more(500);
  let answered = await first.end();
  assertGreater(answered, 499);
  await using second = start(Number(new URL(address).port));
  assertEquals(await second.address(), address.replace(/\/$/, ""));
  await more(500);
  ended = true;
  await all;
  answered += await second.end();
  assertEquals(answered, calls);
  await Promise.all(clients.map((client) => client.close()));
});
