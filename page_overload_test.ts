import { connect, Handlers, upgradeHandler } from "@gotalk/gotalk";
import { assertEquals } from "@std/assert";

const TOO_MANY = "request rate limit";

/** What every browser sends, in some form. */
const BROWSER = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)" };

Deno.test("a page that reports no extensions receives errors for what a limit refuses, others RetryResults (limits/no-retry)", async () => {
  const limits = { maxConcurrentRequests: 1 };
  const cases = [
    [
      {},
      { origin: "same", extensions: false, headers: BROWSER },
      "OperationError",
    ],
    // Go sends an origin too.
    [{}, { origin: "same", extensions: false }, "RetryError"],
    [{}, { origin: "same", headers: BROWSER }, "RetryError"],
    [{}, { extensions: false }, "RetryError"],
    [
      { overload: "retry" },
      { origin: "same", extensions: false, headers: BROWSER },
      "RetryError",
    ],
    [{ overload: "error" }, { origin: "same" }, "OperationError"],
  ] as const;
  for (const [server, client, wanted] of cases) {
    const { promise: held, resolve: release } = Promise.withResolvers<string>();
    const handlers = new Handlers().handleText("hold", () => held);
    await using handler = upgradeHandler(handlers, { ...server, limits });
    await using http = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      handler,
    );
    const { port } = http.addr;
    const options = { ...client, retry: false } as const;
    await using peer = await connect(`ws://127.0.0.1:${port}`, options);
    const first = peer.requestText("hold", "");
    const error = await peer.requestText("hold", "").catch((error) => error);
    assertEquals(error.name, wanted);
    assertEquals(new TextDecoder().decode(error.payload), TOO_MANY);
    release("done");
    assertEquals(await first, "done");
  }
});
