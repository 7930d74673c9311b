import { assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";

/** The methods that print. */
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

/** Returns what is printed while a function runs, without showing it. */
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

/** Input that makes a handler fail, is dropped, or is malformed. */
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
  throw new Error("expected failure");
}

const handlers = new Handlers()
  .handle("fail", fail)
  .handleStream("fail", fail)
  .onNotificationBytes("fail", fail);

Deno.test("a peer prints nothing, whatever fails", async () => {
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
      script.peer.abort(new Error("expected failure"));
      await settled();
      assertEquals(call.state, "rejected", input);
    }
  });
  assertEquals(lines, []);
});

Deno.test("the recorder of printed output records a warning", async () => {
  assertEquals(await printed(() => Promise.resolve(console.warn("x"))), [[
    "warn",
    ["x"],
  ]]);
});
