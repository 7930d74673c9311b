import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { isLimitError } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import type { Limits } from "./limits.ts";
import { isOperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";

const LIMITS: Partial<Limits> = {
  maxJsonBytes: 12,
  maxJsonDepth: 3,
  maxJsonKeys: 2,
};

/** JSON at each limit, and beyond it with what refuses it. */
const CASES = [
  {
    limit: "maxJsonBytes",
    allowed: '"0123456789"',
    refused: '"0123456789a"',
    reason: "its JSON is 13 bytes, wanted at most 12 (maxJsonBytes)",
  },
  {
    limit: "maxJsonDepth",
    allowed: '[[{"a":"["}]]',
    refused: "[[[[1]]]]",
    reason:
      "its JSON is nested too deep at byte 3, wanted a depth of at most 3 (maxJsonDepth)",
  },
  {
    limit: "maxJsonKeys",
    allowed: '[{"a":1,"b":"::"}]',
    refused: '[{"a":1,"a":{"b":1}}]',
    reason:
      "its JSON has another key at byte 16, wanted at most 2 different ones (maxJsonKeys)",
  },
] as const;

/** The size and the content of a payload. */
function payload(json: string): string {
  return json.length.toString(16).padStart(8, "0") + json;
}

Deno.test("maxJsonBytes: the event of a refusal names the operation without characters that terminals obey", async () => {
  const handlers = new Handlers().handle("\x1b[2J", () => {})
    .onNotification("\x1b[2J", () => {});
  await using script = await ScriptedPeer.open({ handlers, limits: LIMITS });
  const json = payload('"0123456789a"');
  await script.say(`r0001004\x1b[2J${json}n004\x1b[2J${json}`);
  assertEquals(
    script.events.flatMap((event) =>
      event.type === "refusal" ? [event.operation] : []
    ),
    ["\\x1b[2J", "\\x1b[2J"],
  );
});

Deno.test("maxJsonBytes: what is known to be JSON is refused at its header, whatever follows", async () => {
  const handlers = new Handlers(new Handlers().handle("based", () => {}))
    .handle("json", () => {})
    .handleText("text", (value) => value)
    .handleOther((payload) => payload)
    .onNotification("json", () => {})
    .onNotificationText("text", () => {})
    .use(async (_, next) => await next());
  await using script = await ScriptedPeer.open({ handlers, limits: LIMITS });
  const size = "0000000d"; // 13 bytes, of which none has arrived.
  const error = (name: string) =>
    payload(
      `Cannot decode the payload of "${name}": its JSON is 13 bytes, wanted at most 12 (maxJsonBytes)`,
    );
  await script.say(`r0001005based${size}`);
  assertEquals(script.heard(), `E0001${error("based")}`);
  await script.say(`0123456789abcr0002004json${size}`);
  assertEquals(script.heard(), `E0002${error("json")}`);
  await script.say(`0123456789abcn004json${size}`);
  assertEquals(script.events.slice(-2), [
    { type: "refusal", operation: "json", limit: "maxJsonBytes" },
    { type: "drop", kind: "Notification", reason: "too-large" },
  ]);
  const call = watch(script.peer.request("x"));
  await script.say(`0123456789abcR0000${size}`);
  assertEquals(call.rejection(isLimitError).code, "maxJsonBytes");
  // Others are read.
  for (const operation of ["text", "else"]) {
    await script.say(`0123456789abcr0003004${operation}${size}`);
    assertEquals(
      script.heard().slice(0, 5),
      operation === "text" ? "r0000" : "",
    );
    await script.say("0123456789abc");
    assertEquals(script.heard(), "R00030000000d0123456789abc");
    await script.say(`n004${operation}${size}`);
  }
  await script.say("0123456789abc");
  assertEquals(script.peer.state, "open");
  assertEquals(script.peer.stats.pending, 0);
});

for (const { limit, allowed, refused, reason } of CASES) {
  const limits = limit === "maxJsonBytes"
    ? LIMITS
    : { ...LIMITS, maxJsonBytes: 1000 };

  Deno.test(`${limit}: a request beyond it is answered with an error that names it, and reported (limits/request-payload)`, async () => {
    let handled = 0;
    const handlers = new Handlers().handle("x", (value) => {
      handled++;
      return value;
    });
    await using script = await ScriptedPeer.open({ handlers, limits });
    await script.say(`r0001001x${payload(allowed)}`);
    assertEquals(script.heard(), `R0001${payload(allowed)}`);
    await script.say(`r0002001x${payload(refused)}`);
    const message = `Cannot decode the payload of "x": ${reason}`;
    assertEquals(script.heard(), `E0002${payload(message)}`);
    assertEquals(script.events, [{ type: "refusal", operation: "x", limit }]);
    assertEquals([handled, script.peer.state], [1, "open"]);
  });

  Deno.test(`${limit}: a request beyond it with a validator is refused before that runs`, async () => {
    const handlers = new Handlers().handle("x", (value) => value, {
      input: {
        "~standard": {
          version: 1,
          vendor: "test",
          validate: (value) => ({ value }),
        },
      },
    });
    await using script = await ScriptedPeer.open({ handlers, limits });
    await script.say(`r0001001x${payload(refused)}`);
    assertEquals(script.heard().slice(0, 5), "E0001");
    assertEquals(script.events, [{ type: "refusal", operation: "x", limit }]);
  });

  Deno.test(`${limit}: a notification beyond it is dropped and reported (limits/other-payload)`, async () => {
    const noted: unknown[] = [];
    const handlers = new Handlers()
      .onNotification("x", (value) => void noted.push(value));
    for (const async of [false, true]) {
      // Middleware may turn what a handler throws into a rejection.
      const all = async
        ? new Handlers(handlers).use(async (_, next) => await next())
        : handlers;
      await using script = await ScriptedPeer.open({ handlers: all, limits });
      await script.say(
        `n001x${payload(refused)}n001x${payload(allowed)}`,
      );
      assertEquals(noted.splice(0), [JSON.parse(allowed)]);
      assertEquals(script.events, [
        { type: "refusal", operation: "x", limit },
        { type: "drop", kind: "Notification", reason: "too-large" },
      ]);
      assertEquals(script.peer.stats.dropped, 1);
    }
  });

  Deno.test(`${limit}: a result beyond it fails its call only (limits/other-payload)`, async () => {
    for (const kind of ["R", "S"]) {
      await using script = await ScriptedPeer.open({ limits });
      const call = watch(script.peer.request("x"));
      const other = watch(script.peer.request("y"));
      const end = kind === "S" ? "S000000000000" : "";
      await script.say(`${kind}0000${payload(refused)}${end}`);
      await script.say(`R0001${payload(allowed)}`);
      const error = call.rejection(isLimitError);
      assertEquals(error.code, limit);
      assertEquals(
        error.message,
        `Cannot decode the payload of "x": ${reason}`,
      );
      assertEquals(other.value, JSON.parse(allowed));
    }
  });

  Deno.test(`${limit}: a login beyond it fails (request/login-failed)`, async () => {
    await using script = await ScriptedPeer.open({
      limits,
      login: { operation: "login", authenticate: () => "ali" },
    });
    await script.say(`r0001005login${payload(refused)}`);
    const message = `Cannot decode the payload of "login": ${reason}`;
    assertEquals(script.heard(), `E0001${payload(message)}f00000000`);
    assertEquals(script.events, [
      { type: "refusal", operation: "login", limit },
    ]);
  });

  Deno.test(`${limit}: bytes and text are not affected`, async () => {
    const handlers = new Handlers()
      .handleBytes("x", (input) => input)
      .handleText("y", (input) => input);
    await using script = await ScriptedPeer.open({ handlers, limits });
    for (const name of ["x", "y"]) {
      await script.say(`r0001001${name}${payload(refused)}`);
      assertEquals(script.heard(), `R0001${payload(refused)}`);
    }
    const results = [
      watch(script.peer.requestText("x", "")),
      watch(script.peer.requestBytes("x", new Uint8Array())),
    ] as const;
    await script.say(
      `R0000${payload(refused)}R0001${payload(refused)}`,
    );
    assertEquals(results[0].value, refused);
    assertEquals(results[1].value, new TextEncoder().encode(refused));
  });

  Deno.test(`${limit}: applies to results of a peer that reconnects`, async () => {
    const handlers = new Handlers()
      .handleText("x", () => refused)
      .handleText("y", () => allowed);
    const servers: Peer[] = [];
    await using peer = new ReconnectingPeer(() => {
      const [here, there] = memoryPair();
      servers.push(new Peer(there, { handlers, role: "acceptor" }));
      return here;
    }, { limits });
    const error = await assertRejects(() => peer.request("x"));
    assertEquals(isLimitError(error) && error.code, limit);
    assertEquals(await peer.request("y"), JSON.parse(allowed));
    await peer.close();
    await Promise.all(servers.map(({ closed }) => closed));
  });
}

Deno.test("maxJsonBytes, maxJsonDepth: a result that a handler received is a failure of the handler, whose details stay local", async () => {
  const [here, there] = memoryPair();
  await using upstream = new Peer(there, {
    handlers: new Handlers().handle("deep", () => [[[[]]]]),
    role: "acceptor",
  });
  await using client = new Peer(here, { limits: LIMITS });
  const handlers = new Handlers().handle("x", () => client.request("deep"));
  await using script = await ScriptedPeer.open({ handlers });
  await script.say("r0001001x00000000");
  for (let round = 0; round < 10; round++) await upstream.opened;
  await script.say("");
  assertEquals(script.heard(), "E00010000000einternal error");
  const [event] = script.events;
  assertEquals(event?.type, "handler-error");
});

Deno.test("maxJsonBytes, maxJsonDepth: the defaults are 1 MiB and 256 levels, on both sides", async () => {
  const [here, there] = memoryPair();
  const handlers = new Handlers().handle("same", (value) => value);
  await using _ = new Peer(there, { handlers, role: "acceptor" });
  await using client = new Peer(here);
  const large = "x".repeat(1024 * 1024 - 2);
  assertEquals(await client.request("same", large), large);
  const tooLarge = await assertRejects(() =>
    client.request("same", large + "x")
  );
  assertEquals(
    isOperationError(tooLarge) && new TextDecoder().decode(tooLarge.payload),
    'Cannot decode the payload of "same": its JSON is 1048577 bytes, wanted at most 1048576 (maxJsonBytes)',
  );
  const nested = (depth: number): unknown[] =>
    depth === 1 ? [] : [nested(depth - 1)];
  assertEquals(await client.request("same", nested(256)), nested(256));
  await assertRejects(() => client.request("same", nested(257)));
});

Deno.test("a reconnecting peer checks its limits at once", () => {
  assertThrows(
    () =>
      new ReconnectingPeer(() => memoryPair()[0], {
        limits: { maxJsonDepth: -1 },
      }),
    RangeError,
    "Cannot set maxJsonDepth: got -1, wanted a number of at least 0",
  );
});
