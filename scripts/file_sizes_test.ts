import { assertEquals } from "@std/assert";
import { tooLong } from "./file_sizes.ts";

Deno.test("a source file may have 400 lines, a test and what tests use 850", () => {
  const lines = (count: number) => "x\n".repeat(count);
  assertEquals(tooLong("codec/decoder.ts", lines(400)), undefined);
  assertEquals(
    tooLong("codec/decoder.ts", lines(401)),
    "codec/decoder.ts has 401 lines: a source file may have 400",
  );
  const tests = [
    "codec/decoder_test.ts",
    "codec/codec_bench.ts",
    "adapters/go/peer_test.go",
    "peer/testing/script.ts",
  ];
  for (const path of tests) {
    assertEquals(tooLong(path, lines(850)), undefined);
    assertEquals(
      tooLong(path, lines(851)),
      `${path} has 851 lines: a test file may have 850`,
    );
  }
});
