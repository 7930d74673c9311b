import { assertEquals } from "@std/assert";
import type { Message } from "@gotalk/gotalk/codec";
import { BackOperations } from "./_back_operations.ts";

Deno.test("any number of commands have request IDs of four bytes, each another one", async () => {
  const ids = new Set<string>();
  let answer: ((message: Message) => void) | undefined;
  const connection = {
    ended: false,
    divert: (_id: string, onResult: (message: Message) => void) => {
      answer = onResult;
    },
    send: ([{ id }]: [{ id: string }]) => {
      ids.add(id);
      answer?.({ kind: "SingleResult", payload: new Uint8Array() } as Message);
      return Promise.resolve();
    },
  };
  const { signal } = new AbortController();
  const operations = new BackOperations(connection as never, 1_000, signal);
  const command = { connection: "a", name: "x", payload: new Uint8Array() };
  for (let n = 0; n < 1_000; n++) await operations.send("notify", command);
  assertEquals(ids.size, 1_000);
  assertEquals(new Set(Array.from(ids, ({ length }) => length)), new Set([4]));
});
