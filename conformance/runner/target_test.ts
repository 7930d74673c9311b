import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { standardOperations } from "../implementations/adapters/deno/operations.ts";
import { run } from "./judging/run.ts";
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
