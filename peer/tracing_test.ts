import { assertEquals, assertRejects } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { Handlers } from "./handlers.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { Span, Tracer } from "./telemetry.ts";
import { telemetryOf } from "./testing/telemetry_of.ts";

/** Records the calls of each span. */
class RecordingTracer implements Tracer {
  readonly calls: string[] = [];

  startSpan(name: string, options?: { readonly kind?: number }): Span {
    const calls = this.calls;
    return {
      setStatus: ({ code, message }) =>
        calls.push(`${name} status ${code} ${message ?? ""}`),
      recordException: (error) => calls.push(`${name} threw ${error}`),
      end: () => calls.push(`${name} ended, kind ${options?.kind}`),
    };
  }
}

Deno.test("a tracer receives a span for each call and each handler", async () => {
  const tracer = new RecordingTracer();
  const telemetry = telemetryOf(tracer);
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("later", async (n: number) => await Promise.resolve(n));
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    handlers,
    telemetry,
    role: "acceptor",
  });
  await using client = new Peer(left, { telemetry });

  assertEquals(await client.request("double", 21), 42);
  assertEquals(await client.request("later", 1), 1);
  assertEquals(tracer.calls, [
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

Deno.test("the span of a failure records the error that was thrown locally", async () => {
  const tracer = new RecordingTracer();
  const telemetry = telemetryOf(tracer);
  const handlers = new Handlers().handle("fail", () => {
    throw new OperationError("no luck");
  });
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    handlers,
    telemetry,
    role: "acceptor",
  });
  await using client = new Peer(left, { telemetry });

  await assertRejects(() => client.request("fail"), OperationError);
  assertEquals(tracer.calls.filter((call) => call.includes("threw")), [
    "fail threw OperationError: no luck",
    'fail threw OperationError: Cannot complete "fail": the remote peer answered with the error "no luck"',
  ]);
  assertEquals(tracer.calls.filter((call) => call.includes("ended")).length, 2);
});

/** Returns a tracer that throws in one of its methods. */
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

Deno.test("errors thrown by a tracer change no outcome, and spans that started are ended", async (t) => {
  const handlers = new Handlers()
    .handle("double", (n: number) => n * 2)
    .handle("fail", () => {
      throw new OperationError("no luck");
    })
    .handle("odd", () => {
      // This cannot even be converted to text.
      throw Object.create(null);
    });
  for (
    const method of ["startSpan", "setStatus", "recordException", "end", "none"]
  ) {
    await t.step(method, async () => {
      const { tracer, ended } = throwingTracer(method);
      const telemetry = telemetryOf(tracer);
      const [left, right] = memoryPair();
      await using _server = new Peer(right, {
        handlers,
        telemetry,
        role: "acceptor",
      });
      await using client = new Peer(left, { telemetry });

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
