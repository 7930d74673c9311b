import { assertEquals } from "@std/assert";
import { memoryBackPlanes } from "./memory.ts";
import { backPlaneSuite } from "./testing/back_plane_suite.ts";

const suite = backPlaneSuite(() => {
  const planes = memoryBackPlanes();
  return Promise.resolve({
    planes,
    async [Symbol.asyncDispose]() {
      for (const plane of planes) await plane.close();
    },
  });
});

for (const [name, fn] of Object.entries(suite)) {
  Deno.test(`a back-plane in memory ${name}`, fn);
}

Deno.test("back-planes in memory are as many as wanted", () => {
  assertEquals(memoryBackPlanes(3).length, 3);
});
