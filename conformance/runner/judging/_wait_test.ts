import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { waitOf } from "./_wait.ts";

function asking(operation: string, payload: unknown): Step {
  const message = { kind: "SingleRequest", id: "0001", operation, payload };
  return { send: [message] } as Step;
}

Deno.test("a step waits as long as the longest of what it expects may take", () => {
  const end = { end: { error: "none" } } as const;
  const expected = [{ ...end, within: 700 }, end, { ...end, within: 200 }];
  assertEquals(waitOf({ expect: expected }), 700);
  assertEquals(waitOf({ all: expected }), 700);
  assertEquals(
    waitOf({
      outcomes: [
        { grade: "pass", expect: expected },
        { grade: "weak", because: "late", quiet: true },
      ],
    }),
    700,
  );
  assertEquals(waitOf({ expect: [end] }), 0);
});

Deno.test("a step waits as long as quiet takes", () => {
  assertEquals(waitOf({ quiet: {} }), 100);
  assertEquals(
    waitOf({
      outcomes: [
        { grade: "pass", quiet: true },
        { grade: "weak", because: "late", expect: [{ end: {} }] },
      ],
    }),
    700,
  );
});

Deno.test("a step waits as long as it tells a call to wait", () => {
  const refusal = { kind: "RetryResult", id: "0001", wait: 700, payload: "" };
  assertEquals(waitOf({ send: [refusal] } as Step), 700);
});

Deno.test("a step waits as long as an operation is told to take", () => {
  assertEquals(waitOf(asking("delay", '{"ms":700}')), 700);
  assertEquals(waitOf(asking("delay", '{ "payload": "x", "ms" : 700 }')), 700);
  assertEquals(
    waitOf(asking("persist", [{ ascii: '{"ms":70' }, { hex: "307d" }])),
    700,
  );
  assertEquals(waitOf(asking("echo-later", "0700hi")), 700);
});

Deno.test("a time that is only content is none that a step waits", () => {
  assertEquals(waitOf(asking("echo", '{"ms":700}')), 0);
  assertEquals(waitOf(asking("constructor", '{"ms":700}')), 0);
  assertEquals(waitOf(asking("delay", "no JSON")), 0);
  assertEquals(waitOf({ echo: '"within":700' }), 0);
  assertEquals(
    waitOf({
      expect: [{ message: { kind: "Notification", payload: '"within":700' } }],
    }),
    0,
  );
});
