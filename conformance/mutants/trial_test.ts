import { assertEquals } from "@std/assert";
import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import { killersOf, START_TIMEOUT, UNUSABLE } from "./trial.ts";
import { MutableCopy } from "./mutable_copy.ts";

/** Which cases of these runs find a mutant that does this first in a function. */
async function killersWith(
  symbol: string,
  first: string,
  runs: readonly string[],
): Promise<string[]> {
  await using copy = await MutableCopy.create();
  await copy.become({ name: "fails", edits: [{ in: symbol, first }] });
  return await killersOf(
    () => startAdapter(copy.command, { startTimeout: START_TIMEOUT }),
    { preflight: false, run: runs },
  );
}

Deno.test("a mutant that ends its process by an error in a timer is found, and ends no more than its run", async () => {
  const killers = await killersWith(
    "Connection.begin",
    'setTimeout(() => { throw new Error("mutant"); }, 0);',
    [
      "session/handshake/example/**/over:tcp",
      "session/call/echo*/role:acceptor/over:tcp",
      "session/call/text*/role:acceptor/over:tcp",
      "session/notify/*/role:acceptor/over:tcp",
    ],
  );
  assertEquals(killers.includes(UNUSABLE), true);
  assertEquals(killers.length > 1, true);
});

Deno.test("a case that a mutant leaves without a judgement finds it", async () => {
  const killers = await killersWith(
    "Decoder.push",
    'throw new Error("mutant");',
    ["codec/request/empty/chunk:whole"],
  );
  assertEquals(killers, ["codec/request/empty"]);
});
