import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { attempt } from "./attempt.ts";

Deno.test("attempt() passes values on, and turns errors into rejections", async () => {
  assertEquals(await attempt((a: number, b: number) => a + b, 1, 2), 3);
  assertEquals(await attempt(() => Promise.resolve("later")), "later");
  const failure = new Error("now");
  const fail = () => {
    throw failure;
  };
  assertStrictEquals(await assertRejects(() => attempt(fail)), failure);
});
