import { assertEquals, assertThrows } from "@std/assert";
import { formatLimits, parseLimits } from "./target_limits.ts";

Deno.test("limits are read and written in the same form", () => {
  const text = "maxPayload=1000,overloadWait=100-200,streams=false";
  const options = {
    maxPayload: 1000,
    overloadWait: [100, 200],
    streams: false,
  } as const;
  assertEquals(parseLimits(text), options);
  assertEquals(formatLimits(options), text);
});

Deno.test("unknown limits and values are refused", () => {
  for (
    const [text, message] of [
      ["", "got , wanted NAME=VALUE with one of "],
      ["toString=1", "got toString=1, wanted NAME=VALUE with one of "],
      ["maxPayload=", "got maxPayload=, wanted maxPayload=N"],
      ["maxPayload=-1", "got maxPayload=-1, wanted maxPayload=N"],
      ["overloadWait=1", "got overloadWait=1, wanted overloadWait=N-N"],
      ["streams=1", "got streams=1, wanted streams=true or false"],
    ] as const
  ) assertThrows(() => parseLimits(text), TypeError, message);
});
