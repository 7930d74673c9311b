import { assertThrows } from "@std/assert";
import { checkWaitOptions, type WaitOptions } from "./wait_options.ts";

Deno.test("checkWaitOptions() accepts numbers of at least 0, any abort signal, and nothing", () => {
  const foreign = {
    aborted: false,
    addEventListener() {},
    removeEventListener() {},
  } as unknown as AbortSignal;
  for (
    const options of [
      {},
      { timeout: undefined, signal: undefined },
      { timeout: 0 },
      { timeout: -0 },
      { timeout: 0.5 },
      { timeout: Infinity },
      { signal: AbortSignal.timeout(0) },
      { signal: AbortSignal.abort() },
      { signal: foreign },
    ] as WaitOptions[]
  ) {
    checkWaitOptions(options);
  }
});

Deno.test("checkWaitOptions() refuses everything else, and names it", () => {
  const cases: [options: unknown, message: string][] = [
    [{ timeout: NaN }, "timeout: got NaN, wanted a number of at least 0"],
    [{ timeout: -Infinity }, "timeout: got -Infinity"],
    [{ timeout: null }, "timeout: got null"],
    [{ timeout: "1000" }, 'timeout: got "1000"'],
    [{ timeout: {} }, "timeout: got an object"],
    [{ signal: null }, "signal: got null, wanted an AbortSignal"],
    [{ signal: true }, "signal: got true"],
    [{ signal: { aborted: false } }, "signal: got an object"],
    [
      { signal: new AbortController() },
      "signal: got an AbortController, wanted its signal",
    ],
  ];
  for (const [options, message] of cases) {
    assertThrows(
      () => checkWaitOptions(options as WaitOptions),
      TypeError,
      `Cannot set ${message}`,
    );
  }
});
