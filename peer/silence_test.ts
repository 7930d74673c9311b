import { assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

/** The ways to print. */
const METHODS = [
  "log",
  "info",
  "debug",
  "warn",
  "error",
  "trace",
  "table",
  "dir",
] as const;

/** What is printed while a function runs, none of which is shown. */
async function printed(body: () => Promise<void>): Promise<unknown[]> {
  const lines: unknown[] = [];
  const before = METHODS.map((method) => console[method]);
  const outputs = [Deno.stdout, Deno.stderr];
  const writes = outputs.map(({ writeSync }) => writeSync);
  for (const method of METHODS) {
    console[method] = (...values: unknown[]) =>
      void lines.push([method, values]);
  }
  for (const output of outputs) {
    output.writeSync = (bytes) => {
      lines.push(["write", bytes]);
      return bytes.byteLength;
    };
  }
  try {
    await body();
  } finally {
    METHODS.forEach((method, index) => console[method] = before[index]!);
    outputs.forEach((output, index) => output.writeSync = writes[index]!);
  }
  return lines;
}

/** The beginnings of what the other side may send, and whatever goes wrong with them. */
const INPUTS = [
  "r0001004fail00000000",
  "s0001004fail00000001x",
  "r0001004none00000000",
  "n004fail00000000",
  "n004none00000000",
  "h00005f63ee48",
  "R999900000001x",
  "p000900000001x",
  "f00000002",
  "x",
];

function fail(): never {
  throw new Error("on purpose");
}

const handlers = new Handlers()
  .handle("fail", fail)
  .handleStream("fail", fail)
  .onNotificationBytes("fail", fail);

Deno.test("nothing is printed, whatever fails and whoever is at fault", async () => {
  const lines = await printed(async () => {
    for (const input of INPUTS) {
      await using script = await ScriptedPeer.open({
        handlers,
        onEvent: fail,
        onMessage: fail,
        load: fail,
      });
      const call = watch(script.peer.request("ask", null));
      await script.say(input);
      script.peer.abort(new Error("on purpose"));
      await settled();
      assertEquals(call.state, "rejected", input);
    }
  });
  assertEquals(lines, []);
});

Deno.test("what is printed is noticed by the test above", async () => {
  assertEquals(await printed(() => Promise.resolve(console.warn("x"))), [[
    "warn",
    ["x"],
  ]]);
});
