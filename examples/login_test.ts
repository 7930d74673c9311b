import { assertEquals } from "@std/assert";
import { welcome } from "./login.ts";

Deno.test("a server with a login answers nobody else, and a client logs in each time", async () => {
  const lines: string[] = [];
  await welcome((line) => void lines.push(line));
  assertEquals(lines, [
    "stranger: not authenticated",
    "thief: no such token",
    "connected: Ali",
    "Ali: Hello Ali",
    "connected: Ali",
    "Ali: Hello Ali",
  ]);
});
