import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { standardOperations } from "../implementations/adapters/deno/operations.ts";
import { CORPUS } from "./cases/corpus.ts";
import type { ConversationRun } from "./cases/expand.ts";
import { allRuns } from "./cases/plan.ts";
import { FEATURES as KNOWN_FEATURES } from "./cases/vocabulary.ts";
import { run } from "./judging/run.ts";
import { whyNoOperations, whyNotApplicable } from "./session/mod.ts";
import {
  AdapterError,
  type ConnectionOptions,
  SkippedError,
} from "./implementation.ts";
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
    "the target is not known to run with streams false",
  );
  await assertRejects(
    () => target.ask("listen", { transport: "tcp" }),
    SkippedError,
  );
  await assertRejects(() => target.ask("advance", { ms: 1 }), SkippedError);
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
      AdapterError,
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
  assertEquals(verdicts.get("session/call/ask-binary"), "skipped");
});

/** How a server is started for each run against it: its limits, and the features that it is known to have. */
const STARTS: readonly ConnectionOptions[] = [
  {},
  {
    maxPayload: 1000,
    maxConcurrentRequests: 1,
    maxConcurrentStreams: 1,
    overloadWait: [100, 200],
    readTimeout: 1000,
  },
  {
    maxPayload: 1000,
    maxSkip: 2000,
    maxName: 16,
    maxConcurrentRequests: 2,
    maxConcurrentStreams: 2,
    overloadWait: [100, 200],
    heartbeatInterval: 100,
    traces: true,
  },
  {
    maxPayload: 100,
    maxInboundBytes: 10_000,
    readTimeout: 200,
    handshakeTimeout: 200,
    operations: true,
  },
];

/** Features that a server needs no commands for, besides those that every target has. */
const FEATURES = KNOWN_FEATURES.filter((feature) =>
  !["cancel", "drain", "virtualTime"].includes(feature)
);

Deno.test("three quarters of the cases for acceptors apply to a server that is started in four ways", async () => {
  const runs = allRuns(CORPUS).filter((each): each is ConversationRun =>
    each.kind === "session" && each.role === "acceptor" &&
    each.over !== "memory" && !each.name.startsWith("hostile/")
  );
  const applying = new Set<string>();
  for (const options of STARTS) {
    for (const over of ["tcp", "websocket"] as const) {
      const target = new TargetImplementation(
        over === "tcp" ? "tcp://127.0.0.1:1" : "ws://127.0.0.1:1/",
        { options, features: FEATURES },
      );
      for (const each of runs.filter((each) => each.over === over)) {
        const { options } = each.case;
        const isKnown = await target.ask("listen", {
          transport: over,
          ...options === undefined ? {} : { options },
        }).then(() => true, () => false);
        if (
          isKnown && whyNoOperations(each.case) === undefined &&
          whyNotApplicable(each, target, target.description) === undefined
        ) applying.add(each.case.id);
      }
    }
  }
  const share = applying.size / new Set(runs.map((each) => each.case.id)).size;
  assert(share >= 0.75, `only ${(100 * share).toFixed(1)} % apply`);
});
