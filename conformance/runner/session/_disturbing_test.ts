import { assertEquals } from "@std/assert";
import type { SessionCase, Step } from "../cases/case.ts";
import type { ConnectionOptions } from "../implementation.ts";
import { disturbingOption } from "./_disturbing.ts";

function disturbing(
  steps: readonly Step[],
  known: ConnectionOptions,
  options: Readonly<Record<string, unknown>> = {},
): string | undefined {
  return disturbingOption({ steps, options } as unknown as SessionCase, known);
}

Deno.test("a limit that a case does not name gets in its way if the case goes beyond it", () => {
  const request = {
    kind: "SingleRequest",
    id: "0001",
    operation: "echo",
    payload: "four",
  } as const;
  const steps = [{ send: [request, request] }];
  for (
    const [known, name] of [
      [{ maxPayload: 4 }, undefined],
      [{ maxPayload: 3 }, "maxPayload"],
      [{ maxName: 3 }, "maxName"],
      [{ maxConcurrentRequests: 2 }, undefined],
      [{ maxConcurrentRequests: 1 }, "maxConcurrentRequests"],
      [{ maxConcurrentStreams: 1 }, undefined],
      [{ maxInboundBytes: 7 }, "maxInboundBytes"],
      [{ readTimeout: 1000 }, "readTimeout"],
      [{ readTimeout: 0 }, undefined],
      [{ heartbeatInterval: 100, streams: true }, undefined],
    ] as const
  ) assertEquals(disturbing(steps, known), name);
  assertEquals(
    disturbing(steps, { maxPayload: 3 }, { maxPayload: 3 }),
    undefined,
  );
});

Deno.test("commands and echoes count as what they send", () => {
  const limits = { maxPayload: 9 };
  assertEquals(disturbing([{ echo: "0123456789" }], limits), "maxPayload");
  assertEquals(
    disturbing([{ do: "notify", name: "a", payload: "" }], limits),
    "maxPayload",
  );
  assertEquals(
    disturbing([{ flood: { times: 2, send: [{ bytes: "ab" }] } }], {
      maxConcurrentRequests: 3,
    }),
    "maxConcurrentRequests",
  );
});
