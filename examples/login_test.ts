import { assertEquals } from "@std/assert";
import { showLogins } from "./login.ts";

Deno.test("a server with a login refuses other clients, and a client logs in on each connection", async () => {
  const lines: string[] = [];
  await showLogins((line) => void lines.push(line));
  assertEquals(lines, [
    "no token: not authenticated",
    "wrong token: no such token",
    "connected: Ali",
    "Ali: Hello Ali",
    "connected: Ali",
    "Ali: Hello Ali",
  ]);
});
