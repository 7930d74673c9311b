import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Handlers, serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { standardOperations } from "../implementations/adapters/deno/operations.ts";
import { CORPUS } from "./cases/corpus.ts";
import type { ConversationRun } from "./cases/expand.ts";
import { allRuns } from "./cases/plan.ts";
import { FEATURES } from "./cases/vocabulary.ts";
import { run } from "./judging/run.ts";
import { whyNotApplicable } from "./session/mod.ts";
import { AdapterError, SkippedError } from "./implementation.ts";
import { TargetImplementation } from "./target.ts";

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test(`a server is judged where it stands, over ${transport}`, async () => {
    await using server = await serve(
      { transport, port: 0 },
      standardOperations(),
    );
    const report = await run(() => new TargetImplementation(server.address), {
      run: ["session/call/**", "codec/notification/**"],
      timeoutScale: 10,
    });
    assertEquals(report.status, 0);
    const passed = report.results.filter(({ verdict }) => verdict === "pass");
    assertEquals(passed.length > 10, true);
    assertEquals(
      passed.every(({ name }) =>
        name.includes(`/role:acceptor/over:${transport}`)
      ),
      true,
    );
  });
}

Deno.test("a missing target is reported at once", async () => {
  const listener = listenTcp();
  listener.close();
  await assertRejects(
    () => run(() => new TargetImplementation(listener.address)),
    AdapterError,
    `Cannot use the target ${listener.address}: `,
  );
  const address = listener.address.replace("tcp:", "ws:");
  await assertRejects(
    () => run(() => new TargetImplementation(address)),
    AdapterError,
    `Cannot use the target ${address}: `,
  );
});

Deno.test("a target takes the options with which it is known to run", async () => {
  const options = { maxPayload: 1000, overloadWait: [1, 2] } as const;
  const address = "tcp://127.0.0.1:1";
  await using target = new TargetImplementation(address, { options });
  for (const told of [{ streams: true }, options, {}]) {
    const answer = { listener: "target", address };
    assertEquals(
      await target.ask("listen", { transport: "tcp", options: told }),
      answer,
    );
  }
  for (const other of [{ maxPayload: 1 }, { readTimeout: 0 }]) {
    await assertRejects(
      () => target.ask("listen", { transport: "tcp", options: other }),
      SkippedError,
      "the target is not known to run with ",
    );
  }
});

Deno.test("a target takes no other options or commands", async () => {
  await using target = new TargetImplementation("ws://127.0.0.1:1/gotalk");
  assertEquals(await target.ask("listen", { transport: "websocket" }), {
    listener: "target",
    address: "ws://127.0.0.1:1/gotalk",
  });
  await assertRejects(
    () =>
      target.ask("listen", {
        transport: "websocket",
        options: { streams: false },
      }),
    SkippedError,
    "the target is not known to run with streams=false",
  );
  await assertRejects(
    () => target.ask("listen", { transport: "tcp" }),
    SkippedError,
  );
  await assertRejects(() => target.ask("advance", { ms: 1 }), SkippedError);
});

Deno.test("only cases that need no other operations apply to a target with some of them", async () => {
  const handlers = new Handlers().handleBytes("echo", (payload) => payload);
  await using server = await serve({ port: 0 }, handlers);
  const { status, results, target } = await run(
    () => new TargetImplementation(server.address, { operations: ["echo"] }),
    { run: ["session/call/{ask,echo*,crash,many}"], timeoutScale: 10 },
  );
  assertEquals(status, 0);
  const reasons = new Set(
    results.filter(({ name }) => name.includes("/role:acceptor/over:tcp"))
      .map(({ reason }) => reason),
  );
  assert(reasons.has(undefined));
  assert(reasons.has("it does not have the operation call-back"));
  assert(reasons.has("it does not have the operation crash"));
  const means = target!.more.map((each) => each.with);
  assert(means.includes("--operations call-back"));
  assert(means.includes("--operations crash"));
});

Deno.test("a malformed address is refused", () => {
  for (
    const address of [
      "localhost:80",
      "tcp://localhost",
      "https://a.example/",
      "",
    ]
  ) {
    assertThrows(
      () => new TargetImplementation(address),
      TypeError,
      "wanted tcp://host:port or ws://host:port/path",
    );
  }
});

Deno.test("the operations of a server carry out commands", async () => {
  await using server = await serve(
    { transport: "tcp", port: 0 },
    standardOperations(),
  );
  const report = await run(() => new TargetImplementation(server.address), {
    run: [
      "session/call/{answered-twice,ask-binary}/**",
      "session/matrix-content/{ask-small,notify-small}/**",
      "session/notify/**",
    ],
    role: "acceptor",
    timeoutScale: 10,
  });
  const verdicts = new Map(
    report.results.filter(({ name }) => name.endsWith("/over:tcp"))
      .map(({ id, verdict }) => [id, verdict]),
  );
  assertEquals(
    report.results.filter(({ verdict }) => verdict === "fail"),
    [],
  );
  assertEquals(verdicts.get("session/call/answered-twice"), "pass");
  assertEquals(verdicts.get("session/call/ask-binary"), "pass");
});

Deno.test("a case is left out if it needs to know how a call ends with its connection", async () => {
  await using server = await serve(
    { transport: "tcp", port: 0 },
    standardOperations(),
  );
  const { results } = await run(
    () => new TargetImplementation(server.address),
    { run: ["session/retry/waiting-at-*/role:acceptor/over:tcp"] },
  );
  assertEquals(results.map(({ id, verdict }) => [id, verdict]), [
    ["session/retry/waiting-at-a-fault", "skipped"],
    ["session/retry/waiting-at-the-end", "skipped"],
  ]);
});

Deno.test("what a target lacks is counted, with the options that would add it", async () => {
  await using server = await serve(
    { transport: "tcp", port: 0, limits: { maxPayloadBytes: 100 } },
    standardOperations(),
  );
  const { target } = await run(
    () =>
      new TargetImplementation(server.address, {
        options: { maxPayload: 100 },
      }),
    {
      run: [
        "session/limits/skip/**",
        "session/matrix-content/echo-large/**",
        "extensions/credit/before/**",
        "session/close/ended/**",
        "codec/heartbeat/**",
      ],
      timeoutScale: 10,
    },
  );
  assertEquals(target?.more.map((each) => each.with), [
    "#maxPayload=1000,maxSkip=2000",
    "--features extensionCredit",
    "an address without limits",
  ]);
  assertEquals(target?.adapter, 1);
});

Deno.test("each case gets the address with its limits", async () => {
  await using plain = await serve(
    { transport: "tcp", port: 0 },
    standardOperations(),
  );
  await using limited = await serve(
    {
      transport: "tcp",
      port: 0,
      limits: { maxPayloadBytes: 1000, maxSkippedBytes: 2000 },
    },
    standardOperations(),
  );
  const { results, status } = await run(
    () =>
      new TargetImplementation(
        `${plain.address} ${limited.address}#maxPayload=1000,maxSkip=2000`,
      ),
    {
      run: [
        "session/limits/{skip,skip-error}/**",
        "session/matrix-content/echo-large/**",
      ],
      timeoutScale: 10,
    },
  );
  assertEquals(status, 0);
  const passed = results.filter(({ verdict }) => verdict === "pass");
  assert(passed.some(({ id }) => id.startsWith("session/limits/")));
  assert(passed.some(({ id }) => id === "session/matrix-content/echo-large"));
});

Deno.test("a case does not apply to a target that no operation can carry out", () => {
  const target = new TargetImplementation("tcp://127.0.0.1:1");
  const why = (id: string) => {
    const found = allRuns(CORPUS).find((each): each is ConversationRun =>
      each.kind === "session" && each.case.id === id
    )!;
    return target.whyUnfit(found.case, "tcp");
  };
  assertEquals(
    why("session/overlap/unread-notified"),
    "no operation of a target is answered while nobody reads",
  );
  assertEquals(
    why("session/lasting/calls-waiting"),
    "a target need not carry out more than 256 operations at a time",
  );
  assertEquals(why("session/lasting/calls-failing"), undefined);
});

Deno.test("a target is sent no bytes that are not text in a text message", () => {
  const target = new TargetImplementation("ws://127.0.0.1:1/gotalk");
  const { case: session } = allRuns(CORPUS).find((
    each,
  ): each is ConversationRun =>
    each.kind === "session" && each.case.id === "session/stream/write-binary"
  )!;
  assertEquals(target.whyUnfit(session, "websocket", "merged"), undefined);
  assertEquals(
    target.whyUnfit(session, "websocket", "text"),
    "no operation of a target takes bytes that are not text in a text message",
  );
});

/** The share of the cases for servers over TCP that apply to a target. */
function shareOf(addresses: string, features: readonly string[]): number {
  const target = new TargetImplementation(addresses, { features });
  const runs = allRuns(CORPUS).filter((each): each is ConversationRun =>
    each.kind === "session" && each.role === "acceptor" &&
    each.over === "tcp" && !each.name.startsWith("hostile/")
  );
  const applying = runs.filter((each) =>
    whyNotApplicable(each, target, target.description) === undefined &&
    target.whyUnfit(each.case, each.over) === undefined
  );
  return applying.length / runs.length;
}

Deno.test("about half of the cases apply to a server of which nothing is known, three quarters to one that listens at seven addresses", () => {
  const extensions = FEATURES.filter((name) => name.startsWith("extension"));
  const one = shareOf("tcp://127.0.0.1:1", []);
  const seven = shareOf(
    `tcp://127.0.0.1:1#heartbeatInterval=100
    tcp://127.0.0.1:2#maxPayload=1000,maxSkip=2000,maxName=16
    tcp://127.0.0.1:3#maxConcurrentRequests=2,maxConcurrentStreams=2,overloadWait=100-200,maxInboundBytes=4194304
    tcp://127.0.0.1:4#maxPayload=100
    tcp://127.0.0.1:5#readTimeout=1000
    tcp://127.0.0.1:6#maxInboundBytes=10000
    tcp://127.0.0.1:7#maxConcurrentRequests=1,maxConcurrentStreams=1,overloadWait=100-200`,
    extensions,
  );
  assert(one >= 0.45, `only ${(100 * one).toFixed(1)} % apply to one address`);
  assert(seven >= 0.75, `only ${(100 * seven).toFixed(1)} % apply to seven`);
});
