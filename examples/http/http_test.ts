import { assertEquals, assertMatch } from "@std/assert";
import {
  connect,
  isConnectionClosedError,
  type Peer,
  reconnect,
} from "@gotalk/gotalk";
import { Program } from "../testing/program.ts";

/** Starts a program with `deno serve` on any port. */
function served(file: string): Program {
  return new Program(new URL(file, import.meta.url), {
    command: "serve",
    options: ["--host=127.0.0.1", "--port=0"],
  });
}

/** Requests work by plain HTTP. */
async function post(url: string, name: string, time = 0): Promise<string> {
  const response = await fetch(`${url}work`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name, time }),
  });
  assertEquals(response.status, 200);
  return await response.json();
}

function request(peer: Peer, name: string, time = 0): Promise<unknown> {
  return peer.request("work", { name, time });
}

/** The programs that can drain: their path, and how they are started. */
const DRAINING = [
  { file: "./serve.ts", path: "" },
  { file: "./hono.ts", path: "gotalk/" },
];

for (const { file, path } of DRAINING) {
  Deno.test(`examples/http/${file.slice(2)}: calls by HTTP and WebSocket are answered after SIGTERM, and later ones refused`, async () => {
    await using program = new Program(new URL(file, import.meta.url));
    const url = `${await program.address()}${path}`;
    assertEquals(await post(url, "a"), "done a");
    assertEquals(await program.line(), "begins a");
    await using peer = await connect(url);
    const calls = [post(url, "b", 500), request(peer, "c", 500)];
    const begun = [await program.line(), await program.line()];
    assertEquals(begun.sort(), ["begins b", "begins c"]);
    program.terminate();
    // The drain begins before the next call is refused.
    const refused = await untilRefused(url);
    assertEquals(refused.status, 503);
    assertMatch(refused.headers.get("retry-after")!, /^\d+$/);
    assertEquals(await Promise.all(calls), ["done b", "done c"]);
    assertEquals(await lastLine(program), "ended");
    assertEquals(await program.ended(), 0);
  });
}

/** Calls an unknown operation until the server shuts down. */
async function untilRefused(url: string): Promise<Response> {
  for (;;) {
    const response = await fetch(`${url}none`, { method: "POST" });
    await response.body?.cancel();
    if (response.status !== 404) return response;
  }
}

/** Returns the last line that a program prints, whose others are of work. */
async function lastLine(program: Program): Promise<string> {
  for (;;) {
    const line = await program.line();
    if (!line.startsWith("begins")) return line;
  }
}

Deno.test("deno serve: at SIGTERM, calls by HTTP are answered, and those over WebSocket are in doubt", async () => {
  await using program = served("./work.ts");
  const url = await program.address();
  const peer = await connect(url);
  const byHttp = post(url, "a", 500);
  const overSocket = request(peer, "b", 500).catch((error) => error);
  const begun = [await program.line(), await program.line()];
  assertEquals(begun.sort(), ["begins a", "begins b"]);
  program.terminate();
  const error = await overSocket;
  if (!isConnectionClosedError(error)) throw error;
  assertEquals(error.outcome, "unknown");
  assertEquals(await byHttp, "done a");
  await program.ended();
  await peer.closed;
});

Deno.test("deno serve: with permission for the network only", async () => {
  await using program = served("./app.ts");
  const url = await program.address();
  const response = await fetch(`${url}api/count?input={"to":2}`);
  assertEquals(await response.text(), '{"n":1}\n{"n":2}\n');
  await using peer = reconnect(url);
  assertEquals(await peer.request("greet", { name: "Ali" }), {
    greeting: "Hello Ali",
  });
  assertEquals(await Array.fromAsync(peer.values("count", { to: 1 })), [{
    n: 1,
  }]);
});
