import { assertEquals } from "@std/assert";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";
import { settled } from "./testing/virtual_clock.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import { FailurePrinter, printFailure } from "../quoting/print_failure.ts";
import { RetryError } from "./retry_error.ts";
import { printed } from "./testing/printed.ts";
import { ScriptedChannel } from "./testing/scripted_channel.ts";

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

Deno.test("a peer with an observer prints nothing, whatever fails", async () => {
  const lines = await printed(async () => {
    for (const input of INPUTS) {
      await using script = await ScriptedPeer.open({
        handlers,
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

/** A peer without an observer receives a chunk; returns what is printed. */
async function printedBy(
  chunk: string,
  options: PeerOptions,
): Promise<unknown[]> {
  return await printed(async () => {
    const channel = new ScriptedChannel({});
    const peer = new Peer(channel, {
      limits: { heartbeatInterval: Infinity },
      ...options,
    });
    Object.defineProperty(peer, "id", { value: 7 });
    channel.send(`01${chunk}`);
    await settled();
    assertEquals(peer.state, "open");
    peer.abort();
    await peer.closed;
    await settled();
  });
}

Deno.test("without an observer, failures of handlers are printed, with the operation and the peer", async () => {
  const error = new Error("expected failure");
  const failing = () => {
    throw error;
  };
  const lines = await printedBy(
    "r0001004fail00000000s0002004fail00000000n004fail00000000r0001002a\n00000000",
    {
      handlers: new Handlers()
        .handle("fail", failing)
        .handleOther(failing)
        .handleStream("fail", failing)
        .onNotification("fail", failing),
    },
  );
  const line = 'The handler of "fail" failed (peer 7):';
  assertEquals(lines.sort(), [
    ["error", ['The handler of "a\\x0a" failed (peer 7):', error]],
    ["error", [line, error]],
    ["error", [line, error]],
    ["error", [line, error]],
  ]);
});

Deno.test("errors that a handler chose are not printed", async () => {
  const handlers = new Handlers()
    .handle("fail", () => {
      throw new OperationError("no");
    })
    .handle("later", () => {
      throw new RetryError("busy", { wait: 5 });
    })
    .handle("input", () => {});
  assertEquals(
    await printedBy(
      "r0001004fail00000000r0002005later00000000r0003005input00000001{r0004004none00000000",
      { handlers },
    ),
    [],
  );
});

Deno.test("an observer that fails is printed once, and its events go on", async () => {
  let events = 0;
  const error = new Error("expected failure");
  const lines = await printedBy("n004none00000000n004none00000000", {
    onEvent: () => {
      events++;
      throw error;
    },
  });
  assertEquals(lines, [["error", [
    "The hook onEvent failed (peer 7):",
    error,
  ]]]);
  assertEquals(events > 3, true);
});

Deno.test("what cannot be printed harms nobody", async () => {
  const hostile = new Proxy({}, {
    get: () => fail(),
    ownKeys: () => fail(),
    getPrototypeOf: () => fail(),
  });
  const { error } = console;
  try {
    for (const print of [error, fail]) {
      console.error = print;
      await printedBy("r0001004fail00000000", {
        handlers: new Handlers().handle("fail", () => {
          throw hostile;
        }),
      });
      console.error = fail;
      printFailure("handler", () => "x", hostile);
    }
  } finally {
    console.error = error;
  }
});

Deno.test("the recorder of printed output records a warning", async () => {
  assertEquals(await printed(() => Promise.resolve(console.warn("x"))), [[
    "warn",
    ["x"],
  ]]);
});

Deno.test("what is printed names the address of the remote peer, without what a terminal obeys", async () => {
  const error = new Error("expected failure");
  const lines = await printed(async () => {
    const channel = new ScriptedChannel({});
    const remote = "192.0.2.1:80\x1b[2J";
    Object.assign(channel, { info: { ...channel.info, remote } });
    const peer = new Peer(channel, {
      limits: { heartbeatInterval: Infinity },
      handlers: new Handlers().handle("fail", () => {
        throw error;
      }),
    });
    Object.defineProperty(peer, "id", { value: 7 });
    channel.send("01r0001004fail00000000");
    await settled();
    peer.abort();
    await peer.closed;
  });
  assertEquals(lines, [[
    "error",
    [
      'The handler of "fail" failed (peer 7, 192.0.2.1:80\\x1b[2J):',
      error,
    ],
  ]]);
});

Deno.test("an error of a handler that fails when it is read is answered as a failure of the handler", async () => {
  const broken = new Error("broken");
  const hostile = new OperationError("no");
  Object.defineProperty(hostile, "payload", {
    get: () => {
      throw broken;
    },
  });
  await using script = await ScriptedPeer.open({
    handlers: new Handlers().handle("fail", () => {
      throw hostile;
    }),
  });
  await script.say("r0001004fail00000000");
  assertEquals(script.heard(), "E00010000000einternal error");
  assertEquals(script.events, [
    { type: "handler-error", operation: "fail", error: broken },
  ]);
});

Deno.test("failures are printed up to a burst, then one in a second, which tells how many were not", async () => {
  let now = 0;
  const error = new Error("expected failure");
  const lines = await printed(() => {
    const printer = new FailurePrinter(25, () => now);
    const fail = (name: string, times: number) => {
      for (let each = 0; each < times; each++) printer.print(() => name, error);
    };
    fail("burst", 1000);
    now += 999;
    fail("too early", 1);
    now += 1;
    fail("a second later", 1000);
    now += 60_000;
    fail("a minute later", 1);
    return Promise.resolve();
  });
  assertEquals(lines, [
    ...Array(25).fill(["error", ["burst:", error]]),
    [
      "error",
      ["a second later, after 976 failures that were not printed:", error],
    ],
    [
      "error",
      ["a minute later, after 999 failures that were not printed:", error],
    ],
  ]);
});

Deno.test("a quiet minute allows the burst again", async () => {
  let now = 0;
  const lines = await printed(() => {
    const printer = new FailurePrinter(25, () => now);
    for (let each = 0; each < 100; each++) printer.print(() => "first", each);
    now += 60_000;
    for (let each = 0; each < 100; each++) printer.print(() => "second", each);
    return Promise.resolve();
  });
  assertEquals(lines.length, 50);
});

Deno.test("a failure that is not printed is not described either", async () => {
  let described = 0;
  await printed(() => {
    const printer = new FailurePrinter(25, () => 0);
    for (let each = 0; each < 100; each++) {
      printer.print(() => `${++described}`, undefined);
    }
    return Promise.resolve();
  });
  assertEquals(described, 25);
});
