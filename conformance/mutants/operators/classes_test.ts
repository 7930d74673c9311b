import { assertEquals } from "@std/assert";
import { findProgram, needing } from "../../../scripts/find_program.ts";
import { CLASSES, EXCEPTIONS, Exceptions } from "./classes.ts";
import { libraryPoints } from "./library.ts";
import { pythonPoints } from "./python.ts";

const python = await findProgram(["python3"], "--version");

Deno.test("every exception of the library has a class, a reason, and a mutant", async () => {
  const { points } = await libraryPoints();
  assertEquals(new Exceptions(EXCEPTIONS.library).stale(points), []);
  for (const { class: kind, reason } of EXCEPTIONS.library) {
    assertEquals([kind in CLASSES, reason.length > 10], [true, true], reason);
  }
});

Deno.test(needing({ python }, {
  name: "every exception of the peer in Python has a mutant",
  async fn() {
    const points = await pythonPoints();
    assertEquals(new Exceptions(EXCEPTIONS.python).stale(points), []);
    assertEquals(points.length > 60, true);
  },
}));

Deno.test("an asterisk in an exception stands for any text", () => {
  const exceptions = new Exceptions([
    { class: "unseen", ids: ["a.ts:f.*:drop:*"], reason: "no reason" },
  ]);
  const point = {
    id: "a.ts:f.g:drop:123456",
    file: "a.ts",
    line: 1,
    operator: "drop",
    before: "x();",
    after: "",
  } as const;
  assertEquals(exceptions.of(point)?.class, "unseen");
  assertEquals(exceptions.of({ ...point, id: "a.ts:g:drop:1" }), undefined);
  assertEquals(exceptions.stale([]), ["a.ts:f.*:drop:*"]);
});

Deno.test("a visible mutant is not excepted by what else its exception matches", () => {
  const exception = {
    class: "unseen",
    ids: ["a.ts:f:*"],
    visible: ["a.ts:f:return:*", "a.ts:g:*"],
    reason: "no reason",
  } as const;
  const exceptions = new Exceptions([exception]);
  const points = ["a.ts:f:return:1", "a.ts:f:drop:1", "a.ts:g:drop:1"]
    .map((id) => ({
      id,
      file: "a.ts",
      line: 1,
      operator: "drop",
      before: "x();",
      after: "",
    } as const));
  assertEquals(
    points.map((point) => exceptions.of(point)),
    [undefined, exception, undefined],
  );
  assertEquals(exceptions.stale(points), ["a.ts:g:*"]);
});
