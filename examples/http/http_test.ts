import { assertEquals, assertMatch } from "@std/assert";
import { TextLineStream } from "@std/streams";
import {
  connect,
  isConnectionClosedError,
  type Peer,
  reconnect,
} from "@gotalk/gotalk";

/** One of the programs, in a process. */
class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  /** What `deno serve` prints. */
  readonly #notices: ReadableStreamDefaultReader<string>;
  /** Of these two, what has the address. */
  readonly #source: ReadableStreamDefaultReader<string>;

  constructor(file: string, ...command: string[]) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...command,
        "--no-check",
        "--allow-net=127.0.0.1",
        new URL(file, import.meta.url).href,
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#lines = linesOf(this.#child.stdout);
    this.#notices = linesOf(this.#child.stderr);
    this.#source = command[0] === "serve" ? this.#notices : this.#lines;
  }

  /** The next line that it prints. */
  async line(): Promise<string> {
    const { value = "" } = await this.#lines.read();
    return value;
  }

  /** The address that it, or `deno serve`, prints. */
  async address(): Promise<string> {
    const { value = "" } = await this.#source.read();
    const [address = ""] = /http:.*/.exec(value) ?? [];
    return address;
  }

  /** Asks it to end. */
  terminate(): void {
    this.#child.kill("SIGTERM");
  }

  /** Resolves with its exit code. */
  async ended(): Promise<number> {
    return (await this.#child.status).code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.#child.status;
    await this.#lines.cancel();
    await this.#notices.cancel();
  }
}

function linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): ReadableStreamDefaultReader<string> {
  return stream.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream()).getReader();
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
    await using program = new Program(file, "run");
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
  await using program = new Program(
    "./work.ts",
    "serve",
    "--host=127.0.0.1",
    "--port=0",
  );
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
  await using program = new Program(
    "./app.ts",
    "serve",
    "--host=127.0.0.1",
    "--port=0",
  );
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
