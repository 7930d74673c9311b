import { assertEquals } from "@std/assert";
import { freeMemory } from "./free_memory.ts";

const KIB = 1024;

Deno.test("memory that is freed is gone at once, with all its views", () => {
  const whole = new Uint8Array(16 * KIB);
  const view = whole.subarray(1, 2);
  freeMemory(view);
  assertEquals([whole.byteLength, view.byteLength], [0, 0]);
  assertEquals(whole.buffer.detached, true);
  freeMemory(view);
});

Deno.test("small memory, and memory that is shared, is left to the engine", () => {
  const small = new Uint8Array(16 * KIB - 1);
  const shared = new Uint8Array(new SharedArrayBuffer(16 * KIB));
  freeMemory(small);
  freeMemory(shared);
  assertEquals(
    [small.byteLength, shared.byteLength],
    [16 * KIB - 1, 16 * KIB],
  );
});

Deno.test("an engine that cannot free memory keeps it", () => {
  const bytes = new Uint8Array(16 * KIB);
  Object.defineProperty(bytes.buffer, "transfer", { value: undefined });
  freeMemory(bytes);
  assertEquals(bytes.byteLength, 16 * KIB);
});
