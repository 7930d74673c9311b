import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Handlers, OperationError, RetryError, serve } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

const handlers = new Handlers()
  .handle(
    "greet",
    ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }),
  )
  .handleBytes("echo", (payload) => payload)
  .handle("whoami", (_: unknown, { auth }) => auth)
  .handle("buy", () => {
    throw new OperationError("sold \x1b[31mout", {
      code: "sold-out",
      data: { until: "May" },
    });
  })
  .handle("busy", () => {
    throw new RetryError("busy", { wait: 60_000 });
  })
  .handle("never", () => new Promise(() => {}));

Deno.test("request prints the result of each transport", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const address of [
        { port: 0 },
        { transport: "websocket", port: 0 },
        { path: `${folder}/socket` },
      ] as const
    ) {
      await using server = await serve(address, handlers);
      assertEquals(
        await gotalk(["request", server.address, "greet", '{"name":"you"}']),
        { status: 0, out: '{"greeting":"Hello you"}\n', err: "" },
      );
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("request takes JSON, files, standard input, text and bytes, as they are", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const file = await Deno.makeTempFile();
  await Deno.writeFile(file, new Uint8Array([0xff, 0x0a]));
  const run = async (...args: string[]) => {
    const input = '{"n": 12345678901234567890}';
    const ended = await gotalk(
      ["request", server.address, "echo", ...args],
      { input },
    );
    assertEquals([ended.status, ended.err], [0, ""]);
    return ended.out;
  };
  try {
    assertEquals(await run(), "");
    assertEquals(await run("-"), '{"n": 12345678901234567890}\n');
    assertEquals(await run("-5"), "-5\n");
    assertEquals(await run("--json", "true").then(JSON.parse).then(valueOf), {
      ok: true,
      value: true,
    });
    assertEquals(await run("--text", "no JSON"), "no JSON\n");
    assertEquals(await run("--text", "a", "--repeat", "3"), "a\na\na\n");
    assertEquals(await run("--bytes", "x"), "x");
    assertEquals(
      valueOf(JSON.parse(await run("--bytes", "--json", `@${file}`))),
      { ok: true, base64: "/wo=" },
    );
    const text = ["--text", "--json", "x"];
    assertEquals(valueOf(JSON.parse(await run(...text))), {
      ok: true,
      text: "x",
    });
  } finally {
    await Deno.remove(file);
  }
});

/** A report without the time that it took. */
function valueOf({ milliseconds: _, ...report }: Record<string, unknown>) {
  return report;
}

Deno.test("request logs in first", async () => {
  await using server = await serve({
    port: 0,
    login: {
      operation: "login",
      authenticate: (input) =>
        (input as { token: string }).token === "x" && "ali",
    },
  }, handlers);
  const args = ["request", server.address, "whoami", "--login"];
  const ended = await gotalk([...args, 'login={"token":"x"}']);
  assertEquals(ended, { status: 0, out: '"ali"\n', err: "" });
  const refused = await gotalk([...args, 'login={"token":"y"}']);
  assertEquals([refused.status, refused.out], [1, ""]);
  assertStringIncludes(refused.err, "not authenticated");
});

Deno.test("request sends headers to a WebSocket server", async () => {
  await using server = await serve({
    transport: "websocket",
    port: 0,
    authenticate: ({ request }) => request?.headers.get("x-token"),
  }, handlers);
  const args = ["request", server.address, "whoami"];
  const ended = await gotalk([...args, "--header", "X-Token: a:b"]);
  assertEquals(ended, { status: 0, out: '"a:b"\n', err: "" });
  const refused = await gotalk(args);
  assertEquals(refused.status, 3);
  assertStringIncludes(refused.err, "may have refused the connection");
});

Deno.test("request trusts a certificate with --ca, and any with --insecure", async () => {
  const folder = new URL("../../transport/testing/", import.meta.url);
  const ca = new URL("localhost.crt", folder).pathname;
  const cert = await Deno.readTextFile(ca);
  const key = await Deno.readTextFile(new URL("localhost.key", folder));
  for (const transport of ["tls", "websocket"] as const) {
    const options = { transport, port: 0, cert, key };
    await using server = await serve(options, handlers);
    const args = ["request", server.address, "echo", "1"];
    const answered = { status: 0, out: "1\n", err: "" };
    assertEquals(await gotalk([...args, "--ca", ca]), answered);
    const refused = await gotalk(args);
    assertEquals([refused.status, refused.out], [3, ""]);
    assertStringIncludes(refused.err, "certificate");
    const insecure = await gotalk([...args, "--insecure"]);
    assertEquals([insecure.status, insecure.out], [0, "1\n"]);
    // Also the status of a failure.
    const unknown = await gotalk(
      ["request", server.address, "nope"].concat("--insecure"),
    );
    assertEquals([unknown.status, unknown.out], [1, ""]);
  }
});

Deno.test("request prints an error of the remote peer as one safe line, and for programs", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const ended = await gotalk(["request", server.address, "buy", "--json"]);
  assertEquals(ended.status, 1);
  assertStringIncludes(ended.err, "sold \\x1b[31mout");
  assertEquals(ended.err.match(/\n/g)?.length, 1);
  const { message: _, ...report } = JSON.parse(ended.out);
  assertEquals(report, {
    ok: false,
    status: 1,
    text: "sold \x1b[31mout",
    code: "sold-out",
    data: { until: "May" },
  });
  const unknown = await gotalk(["request", server.address, "nope"]);
  assertEquals([unknown.status, unknown.out], [1, ""]);
  assertStringIncludes(unknown.err, "unknown operation");
  assertStringIncludes(unknown.err, "gotalk stream for streams and values");
  assertEquals(unknown.err.match(/\n/g)?.length, 1);
  const busy = await gotalk(["request", server.address, "busy", "--no-retry"]);
  assertEquals(busy.status, 1);
  assertStringIncludes(busy.err, "60000 ms");
});

Deno.test("request ends with a status for what failed", async () => {
  await using server = await serve({ port: 0 }, handlers);
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const url = server.address;
  const cases: [status: number, message: string, ...args: string[]][] = [
    [2, "URL is missing"],
    [2, "OPERATION is missing", url],
    [2, "there is no option --frob", url, "echo", "--frob"],
    [2, "wanted a URL with tcp:", "localhost:1234", "echo"],
    [2, "it has no port", "tcp://localhost", "echo"],
    [2, "is not JSON", url, "echo", "{"],
    [2, "there is no such file", url, "echo", "@/no/such"],
    [2, "exclude each other", url, "echo", "--text", "--bytes"],
    [2, "wanted a duration", url, "echo", "--timeout", "soon"],
    [2, "wanted an integer", url, "echo", "--repeat", "0"],
    [2, "wanted a name and a value", url, "echo", "--header", "x"],
    [2, "wanted NAME:VALUE", url, "echo", "--header", "a b:c"],
    [2, "cannot read /no/such", url, "echo", "--ca", "/no/such"],
    [2, "wanted a certificate in PEM", "tls://localhost:1", "echo"]
      .concat("--cert", "deno.json") as never,
    [3, "Connection refused", "tcp://127.0.0.1:1", "echo"],
    [3, "No such file", "unix:/no/such", "echo"],
    [4, "not connected within 100 ms", `tcp://127.0.0.1:${port}`, "echo"]
      .concat("--timeout", "100ms") as never,
    [4, "within 100 ms", url, "never", "--timeout", "100ms"],
  ];
  for (const [status, message, ...args] of cases) {
    const ended = await gotalk(["request", ...args]);
    assertEquals([ended.status, ended.out], [status, ""], args.join(" "));
    assertStringIncludes(ended.err, message);
    assertMatch(ended.err, /^gotalk: [^\n]+\n$/);
  }
});

Deno.test("request ends at Ctrl-C, and cancels what it requested", async () => {
  const started = Promise.withResolvers<void>();
  const cancelled = Promise.withResolvers<void>();
  await using server = await serve(
    { port: 0 },
    new Handlers().handle("never", (_: unknown, { signal }) => {
      started.resolve();
      signal.addEventListener("abort", () => cancelled.resolve());
      return new Promise(() => {});
    }),
  );
  await using program = new RunningProgram([
    "request",
    server.address,
    "never",
  ]);
  await started.promise;
  assertEquals(await program.interrupt(), 130);
  await cancelled.promise;
});
