/**
 * Tests our peer with gotalk.js in Deno and in Chromium.
 *
 * @module
 */

import { OperationError, serve } from "@gotalk/gotalk";
import { json, text } from "@gotalk/gotalk/codec";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Adapter, type AdapterConnection } from "./_adapter.ts";
import { CHROMIUM, startChromium } from "./_chromium.ts";
import {
  type ConnectionPair,
  failureOf,
  openPair,
  type Setup,
} from "./_connection_pair.ts";
import { GO, startGo } from "./_go.ts";
import {
  type CallReport,
  fill,
  type Implementation,
  startAdapter,
} from "@gotalk/conformance";
import { needing } from "../scripts/find_program.ts";

/** The maximum duration of all tests in one environment, in milliseconds. */
const TIMEOUT = 120_000;

const GOTALK_JS = new URL(
  "../conformance/implementations/adapters/gotalk_js/main.js",
  import.meta.url,
);

const HI = text.encode("hi");
const NOTHING = new Uint8Array(0);

interface Case {
  readonly name: string;
  readonly setup: Setup;
  readonly test: (pair: ConnectionPair) => Promise<void>;
}

const cases: Case[] = [];

/** Defines a test of a connection that gotalk.js opens. */
function jsTest(name: string, test: Case["test"], setup: Setup = {}): void {
  cases.push({ name, test, setup });
}

jsTest(
  "sends requests with bytes, text, JSON and empty payloads",
  async ({ theirs }) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const payload of [bytes, NOTHING, fill(1 << 20)]) {
      assertEquals(await ask(theirs, "echo", payload), result(payload));
    }
    // gotalk.js counts the bytes of characters beyond U+FFFF wrongly.
    for (const sent of ["é 日本", '{"<&>":[1,null]}']) {
      const payload = text.encode(sent);
      const asText = { text: true };
      assertEquals(await ask(theirs, "echo", payload, asText), result(payload));
      await theirs.notify("note", payload, asText);
    }
    const { payload = NOTHING } = await ask(theirs, "notes", NOTHING);
    assertEquals(
      json.decode(payload),
      ["é 日本", '{"<&>":[1,null]}'].map(
        (sent) => ({ name: "note", payload: text.encode(sent).toHex() }),
      ),
    );
  },
);

jsTest(
  "returns bytes, text, JSON and empty payloads",
  async ({ ours, theirs }) => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
    for (const payload of [bytes, NOTHING, fill(1 << 20)]) {
      assertEquals(await ours.requestBytes("echo", payload), payload);
    }
    assertEquals(await ours.requestText("delay", '{"ms":1}'), "ok");
    await ours.notify("日本", { "é": [1, null] });
    await ours.notifyBytes("nothing", NOTHING);
    const { notes } = await theirs.received({ notes: 2 });
    const wanted = [
      { name: "日本", payload: json.encode({ "é": [1, null] }) },
      { name: "nothing", payload: NOTHING },
    ];
    assertEquals(notes, wanted);
    assertEquals(
      await ours.request("notes"),
      wanted.map(({ name, payload }) => ({ name, payload: payload.toHex() })),
    );
  },
);

jsTest("receives errors", async ({ theirs }) => {
  assertEquals(await ask(theirs, "fail", text.encode("bööm")), refusal("bööm"));
  assertEquals(await ask(theirs, "crash", HI), refusal("internal error"));
  const unknown = refusal('unknown operation "no such thing"');
  assertEquals(await ask(theirs, "no such thing", HI), unknown);
  assertEquals(await ask(theirs, "echo", HI), result(HI));
});

jsTest("returns errors", async ({ ours }) => {
  assertEquals(await errorText(ours.requestText("fail", "bööm")), "bööm");
  assertEquals(
    await errorText(ours.requestText("crash", "")),
    "internal error",
  );
  const unknown = ours.requestText("no such thing", "hi");
  assertEquals(await errorText(unknown), 'no such operation "no such thing"');
  assertEquals(await ours.requestText("echo", "hi"), "hi");
});

jsTest(
  "sends and answers 200 concurrent requests",
  async ({ ours, theirs }) => {
    const held = await theirs.request("hold", NOTHING);
    const sizes = Array.from({ length: 200 }, (_, index) => index * 37);
    const wanted = sizes.map(fill);
    const inputs = sizes.map((bytes) => json.encode({ bytes }));
    const [given, taken] = await Promise.all([
      Promise.all(inputs.map((input) => ours.requestBytes("size", input))),
      Promise.all(inputs.map((input) => ask(theirs, "size", input))),
    ]);
    assertEquals(given, wanted);
    assertEquals(taken, wanted.map(result));
    assertEquals(await held.now(), { outcome: "pending" });
  },
);

jsTest(
  "sends and answers requests while it handles one",
  async ({ ours, theirs }) => {
    const input = { operation: "echo", payload: "hi" };
    const answer = await ask(theirs, "call-back", json.encode(input));
    assertEquals(answer, result(HI));
    assertEquals(await ours.requestBytes("call-back", json.encode(input)), HI);
  },
);

jsTest("receives stream results for stream requests", async ({ theirs }) => {
  const call = await theirs.openStream("stream-echo");
  for (let part = 1; part <= 3; part++) {
    await call.write(HI);
    assertEquals((await call.partsReceived(part)).parts?.length, part);
  }
  await call.end();
  const parts = [HI, HI, HI];
  assertEquals(await call.settled(), { outcome: "stream", parts, ended: true });

  const failing = await theirs.openStream("fail");
  await failing.write(HI);
  await failing.end();
  assertEquals(await failing.settled(), { ...refusal("hi"), parts: [] });
});

jsTest("sends and receives heartbeats", async ({ events, theirs }) => {
  for (let count = 0; count < 3; count++) {
    const beat = await events.find(({ type }) => type === "heartbeat", count);
    assert("time" in beat && isNow(beat.time));
  }
  const { heartbeats } = await theirs.received({ heartbeats: 3 });
  for (const { load, time } of heartbeats) {
    assertEquals(load, 0x8000);
    assert(isNow(time));
  }
}, {
  ours: { limits: { heartbeatInterval: 20 }, load: () => 0.5 },
  theirs: { heartbeatInterval: 20 },
});

jsTest("receives errors for payloads beyond a limit", async ({ theirs }) => {
  const held = await theirs.request("hold", NOTHING);
  const tooMuch = refusal("request rate limit");
  assertEquals(await ask(theirs, "echo", HI), tooMuch);
  assertEquals(await held.now(), { outcome: "pending" });
}, { ours: { overload: "error", limits: { maxConcurrentRequests: 1 } } });

jsTest("closes the connection on a RetryResult", async ({ ours, theirs }) => {
  const input = json.encode({ wait: 1, text: "later" });
  const call = await ask(theirs, "retry", input);
  assertEquals(call.outcome, "closed");
  const { code, side } = await failureOf(ours);
  assertEquals([code, side], [2, "remote"]);
  assertEquals((await ours.closed).channel.code, 4002);
});

jsTest(
  "receives a ProtocolError after it was silent for too long",
  async ({ ours, theirs }) => {
    const held = await theirs.request("hold", NOTHING);
    assertEquals((await failureOf(ours)).side, "local");
    assertEquals((await ours.closed).channel.code, 4003);
    assertEquals((await theirs.closed()).code, 3);
    assertEquals((await held.settled()).outcome, "closed");
  },
  { ours: { limits: { receiveTimeout: 100 } } },
);

jsTest(
  "closes while a request is pending",
  async ({ ours, theirs }) => {
    const held = assertRejects(() => ours.requestText("hold", ""));
    // After this, nothing of our peer is in flight.
    assertEquals(await ours.requestText("echo", "hi"), "hi");
    await theirs.close();
    await held;
    const { clean, channel } = await ours.closed;
    assertEquals([clean, channel.code], [true, 1000]);
  },
);

jsTest("is closed", async ({ ours, theirs, events }) => {
  const held = await theirs.request("hold", NOTHING);
  // Deno's WebSocket reports another code if the close arrives during a write.
  await events.find(({ type }) => type === "heartbeat");
  await ours.close();
  assertEquals((await theirs.closed()).message, undefined);
  assertEquals(await held.settled(), {
    outcome: "closed",
    message: "connection closed",
  });
  assertEquals((await ours.closed).channel.code, 1000);
});

/** Defines all tests in one environment. */
function testIn(
  environment: string,
  program: string | undefined,
  open: (script: string) => Promise<Implementation>,
): void {
  for (const acceptor of ["our WebSocket", "Deno.serve"] as const) {
    const way = { transport: "websocket", acceptor } as const;
    Deno.test(needing({ chromium: program, go: GO }, {
      name: `gotalk.js in ${environment}, to ${acceptor}`,
      timeout: TIMEOUT,
      fn: async (t) => {
        await using go = await startGo();
        const { script = "" } = await go.listen("websocket");
        await using js = new Adapter(await open(script));
        for (const { name, setup, test } of cases) {
          await t.step({
            name,
            // The adapter runs before, during and after each test.
            sanitizeOps: false,
            sanitizeResources: false,
            fn: async () => {
              await using pair = await openPair(js, way, setup);
              await test(pair);
            },
          });
        }
      },
    }));
  }
}

testIn("Deno", Deno.execPath(), (script) =>
  startAdapter([
    `"${Deno.execPath()}"`,
    "run --no-config --unstable-unsafe-proto --allow-net=127.0.0.1",
    `"${GOTALK_JS.pathname}"`,
    script,
  ].join(" ")));

testIn("Chromium", CHROMIUM, startChromium);

Deno.test(needing({ chromium: CHROMIUM, go: GO }, {
  name: "gotalk.js in Chromium is refused if its page has a foreign origin",
  timeout: TIMEOUT,
  fn: async () => {
    await using go = await startGo();
    const { script = "" } = await go.listen("websocket");
    await using js = new Adapter(await startChromium(script));
    await using server = await serve({ transport: "websocket" });
    await assertRejects(() => js.connect(server.address), Error, "closed");
    assertEquals(server.peers.size, 0);
  },
}));

/** Makes gotalk.js send a single request, and waits for its outcome. */
async function ask(
  connection: AdapterConnection,
  operation: string,
  payload: Uint8Array,
  options?: { readonly text: boolean },
): Promise<CallReport> {
  const call = await connection.request(operation, payload, options);
  return await call.settled();
}

/** Waits for the ErrorResult of a call and returns its text. */
async function errorText(call: Promise<unknown>): Promise<string> {
  const error = await assertRejects(() => call, OperationError);
  return text.decode((error as OperationError).payload);
}

function result(payload: Uint8Array): CallReport {
  return { outcome: "result", payload };
}

function refusal(payload: string): CallReport {
  return { outcome: "error", payload: text.encode(payload) };
}

function isNow(seconds: number): boolean {
  return Math.abs(Date.now() / 1000 - seconds) < 5;
}
