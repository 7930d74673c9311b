import { assert, assertEquals } from "@std/assert";
import { toBytes } from "../cases/bytes.ts";
import { casesOf, CORPUS } from "../cases/corpus.ts";
import manifest from "../../corpus/manifest.json" with { type: "json" };
import { isVaried, NAME_CLASSES } from "./classes.ts";
import { generatedFiles } from "./generated.ts";
import { coverageOf } from "./matrix.ts";
import { joined, pattern } from "./writing.ts";

const reasons: Readonly<Record<string, string>> = manifest.holes;

Deno.test("each cell of the matrix is filled, or has a reason", () => {
  const { cells, holes, stale } = coverageOf(casesOf(CORPUS), reasons);
  assert(cells.length > 5_000);
  assertEquals(
    holes.filter((hole) => hole.pattern === undefined)
      .map(({ cell }) => cell.name),
    [],
  );
  assertEquals(stale, []);
});

Deno.test("without a case that fills it alone, a cell is a hole", () => {
  const cases = casesOf(CORPUS).filter(({ id }) =>
    id !== "codec/matrix-ids/single-request"
  );
  const { holes } = coverageOf(cases, reasons);
  const names = holes.filter((hole) => hole.pattern === undefined)
    .map(({ cell }) => cell.name);
  assert(names.includes("codec/01/decode/SingleRequest/id/every-byte"));
});

Deno.test("a reason that explains no hole is stale", () => {
  const { stale } = coverageOf(casesOf(CORPUS), {
    ...reasons,
    "codec/01/decode/SingleRequest/id/**": "No reason",
  });
  assertEquals(stale, ["codec/01/decode/SingleRequest/id/**"]);
});

Deno.test("a payload of equal blocks fills no cell of sizes", () => {
  const size = NAME_CLASSES.find(({ name }) => name === "size-256")!;
  const equal = toBytes([{ repeat: "x", times: 256 }]);
  assertEquals(size.shows(equal), []);
  assertEquals(size.shows(toBytes(pattern(256))), ["size-256"]);
  assertEquals(isVaried(toBytes(pattern(2 ** 20))), true);
});

Deno.test("joined bytes are canonical", () => {
  assertEquals(joined("r", "0001", [{ hex: "6162" }]), "r0001ab");
  assertEquals(joined("r0001", [{ hex: "00ff" }], pattern(7)), [
    { ascii: "r0001" },
    { hex: "00ff" },
    { pattern: 7 },
  ]);
  assertEquals(joined("", pattern(0)), "");
});

Deno.test("the generated files are those of the generators", async () => {
  for (const [path, text] of generatedFiles()) {
    const url = new URL(`../../corpus/${path}`, import.meta.url);
    assertEquals(
      await Deno.readTextFile(url) === text,
      true,
      `${path} is stale: run generate.ts`,
    );
  }
});
