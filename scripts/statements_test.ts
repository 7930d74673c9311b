import { assertEquals } from "@std/assert";
import { missingStatements } from "./statements.ts";

const STATEMENTS = [
  { id: "wire/hex", level: "must" },
  { id: "wire/case", level: "must" },
  { id: "stream/late-parts", level: "must" },
  { id: "stream/pace", level: "should" },
];

function missing(files: Record<string, string>, ...untestable: string[]) {
  return missingStatements(
    STATEMENTS,
    new Set(untestable),
    Object.entries(files).map(([path, text]) => ({ path, text })),
  );
}

Deno.test("each statement that must hold is named by a test of the library", () => {
  const files = {
    "codec/number_test.ts": "// `wire/hex`, wire/case.",
    "connect_test.ts":
      'Deno.test("late parts are dropped (stream/late-parts)")',
  };
  assertEquals(missing(files), []);
  assertEquals(missing({}), [
    "no test names wire/hex",
    "no test names wire/case",
    "no test names stream/late-parts",
  ]);
});

Deno.test("neither source nor tests of other folders stand for a test of the library", () => {
  const files = {
    "codec/number.ts": "wire/hex",
    "interop/go_test.ts": "wire/hex",
    "conformance/runner/run_test.ts": "wire/hex",
  };
  const others = ["wire/case", "stream/late-parts"];
  assertEquals(missing(files, ...others), ["no test names wire/hex"]);
  assertEquals(missing(files, "wire/hex", ...others), []);
});

Deno.test("an identifier that is no statement is found, but not in a path", () => {
  const files = {
    "peer/stream.ts": `import "node:stream/web";
      import "./wire/other.ts"; import "@a/wire/x"; // wire/a/b, wire/name.ts
      // Drops them, see \`stream/late\`.`,
    "conformance/a_test.ts": "wire/made-up",
  };
  assertEquals(missing(files, ...STATEMENTS.map(({ id }) => id)), [
    "peer/stream.ts names stream/late, which is no statement",
  ]);
});
