import { assertEquals, assertLess, assertStringIncludes } from "@std/assert";
import { Handlers, OperationError, serve } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

const handlers = new Handlers()
  .handleStream("echo", (parts) => parts)
  .handleStream("fail", () => {
    throw new OperationError("no disk");
  })
  .handleStream(
    "head",
    (_, { input }) => new Blob([`head of ${input}`]).stream(),
    { input: true },
  )
  .handleValues("count", async function* ({ to }: { to: number }) {
    for (let n = 1; n <= to; n++) yield { n };
  })
  .handleValues("double", async function* (_: unknown, { values }) {
    for await (const value of values) yield value as number * 2;
  })
  .handleValues("forever", async function* () {
    yield 1;
    await new Promise(() => {});
  }, { subscription: true });

Deno.test("stream sends standard input and writes the answer", async () => {
  for (const transport of ["tcp", "websocket"] as const) {
    await using server = await serve({ transport, port: 0 }, handlers);
    const args = ["stream", server.address];
    const input = "0123456789".repeat(200_000);
    const echoed = await gotalk([...args, "echo"], { input });
    assertEquals([echoed.status, echoed.err], [0, ""]);
    assertEquals(echoed.out === input, true);
    assertEquals(await gotalk([...args, "head", '"x"']), {
      status: 0,
      out: "head of x",
      err: "",
    });
  }
});

Deno.test("stream sends and prints JSON values, one a line", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const args = ["stream", server.address];
  assertEquals(
    await gotalk([...args, "count", '{"to":2}', "--values", "--no-input"]),
    { status: 0, out: '{"n":1}\n{"n":2}\n', err: "" },
  );
  const doubled = await gotalk([...args, "double", "--values"], {
    input: "1\n\n2\n3",
  });
  assertEquals(doubled, { status: 0, out: "2\n4\n6\n", err: "" });
  const wrong = await gotalk([...args, "double", "--values"], {
    input: "1\n{\n",
  });
  assertEquals(wrong.status, 2);
  assertStringIncludes(wrong.err, "line 2 of standard input is not JSON");
});

Deno.test("stream prints what arrives while standard input is open, and ends at Ctrl-C", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const args = ["stream", server.address];
  await using echo = new RunningProgram([...args, "echo"]);
  await echo.write("one\n");
  assertEquals(await echo.line(), "one");
  await echo.write("two\n");
  assertEquals(await echo.line(), "two");
  await echo.end();
  assertEquals(await echo.status(), 0);
  await using forever = new RunningProgram([
    ...args,
    "forever",
    "--values",
    "--no-input",
  ]);
  assertEquals(await forever.line(), "1");
  assertEquals(await forever.interrupt(), 130);
});

Deno.test("stream holds the remote peer back while nobody reads standard output", async () => {
  let produced = 0;
  const stalled = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const source = new Handlers().handleStream("zeros", () =>
    new ReadableStream({
      pull(controller) {
        produced += 65_536;
        controller.enqueue(new Uint8Array(65_536));
        clearTimeout(timer);
        timer = setTimeout(stalled.resolve, 300);
      },
    }));
  await using server = await serve({ port: 0 }, source);
  await using _program = new RunningProgram([
    "stream",
    server.address,
    "zeros",
    "--no-input",
  ]);
  // It has stalled once nothing is pulled any more.
  await stalled.promise;
  assertLess(produced, 64 * 1024 * 1024);
});

Deno.test("stream ends with a status for what failed", async () => {
  await using server = await serve({ port: 0 }, handlers);
  const args = ["stream", server.address];
  const cases: [status: number, message: string, ...args: string[]][] = [
    [1, "no disk", "fail"],
    [1, "gotalk request is for requests", "nope"],
    [1, "gotalk request is for requests", "nope", "--values"],
    [2, "is not JSON", "head", "{"],
    [2, "INPUT is no -", "head", "-"],
  ];
  for (const [status, message, ...more] of cases) {
    const ended = await gotalk([...args, ...more]);
    assertEquals([ended.status, ended.out], [status, ""], more.join(" "));
    assertStringIncludes(ended.err, message);
  }
});
