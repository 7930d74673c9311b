import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { UsageError } from "../command.ts";
import { gotalk } from "../testing/program.ts";
import { suiteUrl } from "./conformance.ts";

Deno.test("conformance runs the suite with the arguments as they are", async () => {
  const help = await gotalk(["conformance", "list", "--help"]);
  assertEquals(help.status, 0);
  assertStringIncludes(help.out, "list [options]");
  const wrong = await gotalk(["conformance", "frob", "--json"]);
  assertEquals([wrong.status, wrong.out], [2, ""]);
  assertStringIncludes(wrong.err, "there is no such command");
});

Deno.test("conformance says where to get the suite if it is not installed", () => {
  const none = () => {
    throw new TypeError("not found");
  };
  assertThrows(() => suiteUrl(none), UsageError, "not installed here");
});
