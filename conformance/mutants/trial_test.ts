import { assertEquals } from "@std/assert";
import { startAdapter } from "../runner/adapter_protocol/start_adapter.ts";
import { killersOf, START_TIMEOUT, UNUSABLE } from "./trial.ts";
import { mutate } from "./mutate.ts";

/** Which cases of a few find a mutant that does this first when a peer is made. */
async function killersWith(first: string): Promise<string[]> {
  const path = await Deno.makeTempDir();
  try {
    const command = await mutate(
      { name: "ends", edits: [{ in: "Connection.begin", first }] },
      new URL(`file://${path}/`),
    );
    return await killersOf(
      () => startAdapter(command, { startTimeout: START_TIMEOUT }),
      {
        preflight: false,
        run: [
          "session/handshake/example/**/over:tcp",
          "session/call/echo*/role:acceptor/over:tcp",
          "session/call/text*/role:acceptor/over:tcp",
          "session/notify/*/role:acceptor/over:tcp",
        ],
      },
    );
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("a mutant that ends its process by an error in a timer is found, and ends no more than its run", async () => {
  const killers = await killersWith(
    'setTimeout(() => { throw new Error("mutant"); }, 0);',
  );
  assertEquals(killers.includes(UNUSABLE), true);
  assertEquals(killers.length > 1, true);
});
