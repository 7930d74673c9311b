import { assertEquals, assertRejects } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { Span, Tracer } from "./tracer.ts";

/** Notes what becomes of each span. */
class NotingTracer implements Tracer {
  readonly notes: string[] = [];

  startSpan(name: string, options?: { readonly kind?: number }): Span {
    const notes = this.notes;
    return {
      setStatus: ({ code, message }) =>
        notes.push(`${name} status ${code} ${message ?? ""}`),
      recordException: (error) => notes.push(`${name} threw ${error}`),
      end: () => notes.push(`${name} ended, kind ${options?.kind}`),
    };
  }
}

Deno.test("a tracer sees a span for each call and each handler", async () => {
  const tracer = new NotingTracer();
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("later", async (n: number) => await Promise.resolve(n));
  const [left, right] = memoryPair();
  await using _server = new Peer(right, { handlers, tracer, role: "acceptor" });
  await using client = new Peer(left, { tracer });

  assertEquals(await client.request("double", 21), 42);
  assertEquals(await client.request("later", 1), 1);
  assertEquals(tracer.notes, [
    "double status 1 ",
    "double ended, kind 1",
    "double status 1 ",
    "double ended, kind 2",
    "later status 1 ",
    "later ended, kind 1",
    "later status 1 ",
    "later ended, kind 2",
  ]);
});

Deno.test("a span of a failure says what was thrown on its side", async () => {
  const tracer = new NotingTracer();
  const handlers = new Handlers().handle("fail", () => {
    throw new OperationError("no luck");
  });
  const [left, right] = memoryPair();
  await using _server = new Peer(right, { handlers, tracer, role: "acceptor" });
  await using client = new Peer(left, { tracer });

  await assertRejects(() => client.request("fail"), OperationError);
  assertEquals(tracer.notes.filter((note) => note.includes("threw")), [
    "fail threw OperationError: no luck",
    'fail threw OperationError: Cannot complete "fail": the remote peer answered with the error "no luck"',
  ]);
  assertEquals(tracer.notes.filter((note) => note.includes("ended")).length, 2);
});

/** A tracer that throws in one of its methods. */
function throwingTracer(
  faulty: string,
): { tracer: Tracer; ended: () => number } {
  let ended = 0;
  const step = (method: string) => () => {
    if (method === faulty) throw new Error(method);
    if (method === "end") ended++;
  };
  const span: Span = {
    setStatus: step("setStatus"),
    recordException: step("recordException"),
    end: step("end"),
  };
  const startSpan = step("startSpan");
  const tracer: Tracer = {
    startSpan() {
      startSpan();
      return span;
    },
  };
  return { tracer, ended: () => ended };
}

Deno.test("what a tracer throws changes no outcome, and spans that began are ended", async (t) => {
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("fail", () => {
      throw new OperationError("no luck");
    })
    .handle("odd", () => {
      // What is thrown cannot even be written as text.
      throw Object.create(null);
    });
  for (
    const method of ["startSpan", "setStatus", "recordException", "end", "none"]
  ) {
    await t.step(method, async () => {
      const { tracer, ended } = throwingTracer(method);
      const [left, right] = memoryPair();
      await using _server = new Peer(right, {
        handlers,
        tracer,
        role: "acceptor",
      });
      await using client = new Peer(left, { tracer });

      assertEquals(await client.request("double", 21), 42);
      await assertRejects(
        () => client.request("fail"),
        OperationError,
        "no luck",
      );
      await assertRejects(
        () => client.request("odd"),
        OperationError,
        "internal error",
      );
      assertEquals(ended(), method === "startSpan" || method === "end" ? 0 : 6);
    });
  }
});
