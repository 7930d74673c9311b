import {
  assert,
  assertEquals,
  assertFalse,
  AssertionError,
  assertMatch,
} from "@std/assert";
import fc from "fast-check";
import { parseArguments, wantsHelp } from "../arguments.ts";
import type { Given } from "../command.ts";
import { COMMANDS } from "../commands.ts";
import { requestBy } from "../commands/request.ts";
import type { Open } from "../connect_within.ts";
import { openPeer } from "../connection.ts";
import { failureOf } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { openQuickly } from "./open_quickly.ts";
import { quickCommand } from "./commands.ts";

/** What a server does with a connection. */
type Script = (server: Server) => Promise<unknown>;

/** The server's end of a connection. */
class Server {
  readonly #conn: Deno.Conn;

  /** What has arrived, a character a byte. */
  #text = "";

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(1024);
    const count = await this.#conn.read(buffer);
    if (count === null) throw new Error("the client has ended");
    this.#text += String.fromCharCode(...buffer.subarray(0, count));
  }

  async send(text: string): Promise<void> {
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    for (let at = 0; at < bytes.length;) {
      at += await this.#conn.write(bytes.subarray(at));
    }
  }

  /** Sends the version, and returns the ID of the request. */
  async request(): Promise<string> {
    await this.send("01");
    for (;;) {
      await this.#read();
      // Over TCP, extensions have nothing to announce.
      assertFalse(this.#text.includes("gotalk:"), this.#text);
      const id = /r(.{4})004echo0000000/.exec(this.#text)?.[1];
      if (id !== undefined) return id;
    }
  }

  /** Returns the text of the error that answers a request of this end. */
  async answer(id: string): Promise<string> {
    const answer = new RegExp(`E${id}([0-9a-f]{8})`);
    for (;;) {
      const [found = "", size = "0"] = answer.exec(this.#text) ?? [];
      const at = this.#text.indexOf(found) + found.length;
      const end = at + parseInt(size, 16);
      if (found !== "" && this.#text.length >= end) {
        return this.#text.slice(at, end);
      }
      await this.#read();
    }
  }

  /** Waits until the client has ended. */
  async ended(): Promise<void> {
    const buffer = new Uint8Array(1024);
    while (await this.#conn.read(buffer) !== null);
  }
}

/** Answers the request. */
function answer(make: (id: string) => string): Script {
  return async (server) => {
    await server.send(make(await server.request()));
    await server.ended();
  };
}

const SCRIPTS: Readonly<Record<string, Script>> = {
  "a result": answer((id) => `R${id}00000004true`),
  "an empty result": answer((id) => `R${id}00000000`),
  "text instead of JSON": answer((id) => `R${id}00000003a b`),
  "bytes instead of JSON": answer((id) => `R${id}00000003\xff\xfe\x00`),
  "an error": answer((id) => `E${id}00000004oops`),
  "an error with a code and data": answer((id) =>
    `E${id}00000028{"error":"sold out","code":"x","data":1}`
  ),
  "a retry": answer((id) => `e${id}0000ffff00000004busy`),
  "an answer to nothing": answer(() => "Rzzzz000000011"),
  "a result that is too large": answer((id) => `R${id}7fffffff`),
  "a result in parts": answer((id) =>
    `S${id}00000002trS${id}00000002ueS${id}00000000`
  ),
  "an empty result in parts": answer((id) => `S${id}00000000`),
  "a result in one message behind parts": answer((id) =>
    `S${id}00000002trR${id}00000004null`
  ),
  "an error behind parts": answer((id) => `S${id}00000002trE${id}00000004oops`),
  "a result that is too large, and skipped": answer((id) =>
    `R${id}01000001${"1".repeat(0x1000001)}`
  ),
  "a part that is too large, and skipped": answer((id) =>
    `S${id}01000001${"1".repeat(0x1000001)}`
  ),
  "parts that are too large together": answer((id) =>
    `S${id}00ffffff${"1".repeat(0xffffff)}S${id}00000002aa`
  ),
  "other messages before the result": answer((id) =>
    "h000060000000n002no00000001!Szzzz00000001!" +
    `n00egotalk:unknown00000001!R${id}000000014h000060000000`
  ),
  "requests of its own before the result": async (server) => {
    const id = await server.request();
    await server.send("r0001004ping000000011s0002003\xff\xfe\xfd00000000");
    assertMatch(await server.answer("0001"), /^unknown operation "ping"$/);
    assertMatch(
      await server.answer("0002"),
      /^unknown operation "\\xff\\xfe\\xfd"$/,
    );
    await server.send(`p000200000001!p000200000000R${id}00000004true`);
    await server.ended();
  },
  "a part of no stream": answer((id) => `pzzzz00000001!R${id}000000014`),
  "a drain, and a refusal": answer((id) =>
    `n00cgotalk:drain00000004bye!e${id}000000010000000dshutting down`
  ),
  "a drain before the request": async (server) => {
    await server.send("01n00cgotalk:drain00000003bye");
    await server.ended();
  },
  "the end while it waits for a retry": async (server) => {
    await server.send(`e${await server.request()}0000271000000004busy`);
  },
  "the beginning of a result that is too large": answer((id) =>
    `R${id}01000001ab`
  ),
  "no message": answer(() => "zzzzzzzzzzzzzzzz"),
  "a ProtocolError": answer(() => "f00000001"),
  "half a result": async (server) => {
    await server.send(`R${await server.request()}00000005ab`);
  },
  "the end after a request": (server) => server.request(),
  "silence after a request": async (server) => {
    await server.request();
    await server.ended();
  },
  "silence": (server) => server.ended(),
  "another version": async (server) => {
    await server.send("02");
    await server.ended();
  },
  "no version": async (server) => {
    await server.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    await server.ended();
  },
};

/** The scripts that are for a client which repeats requests. */
const REPEATED = new Set([
  SCRIPTS["a drain, and a refusal"],
  SCRIPTS["the end while it waits for a retry"],
]);

/** The scripts that end by a timeout of the client. */
const SILENT = new Set([
  SCRIPTS["an answer to nothing"],
  SCRIPTS["silence after a request"],
  SCRIPTS["silence"],
]);

/** Requests from a server that follows a script; returns the status and the output. */
async function request(open: Open, script: Script): Promise<unknown> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const url = `tcp://127.0.0.1:${port}`;
  const serving = (async () => {
    using conn = await listener.accept();
    // The client may end at once.
    await script(new Server(conn)).catch((error) => {
      if (error instanceof AssertionError) throw error;
    });
  })();
  let out = "";
  const terminal: Terminal = {
    isTerminal: false,
    hasColors: false,
    columns: 80,
    out: (data) =>
      void (out += typeof data === "string"
        ? data
        : new TextDecoder().decode(data)),
    note() {},
    signal: new AbortController().signal,
  };
  const command = requestBy(open);
  const timeout = SILENT.has(script) ? "500ms" : "50s";
  const options = ["--json", `--timeout=${timeout}`];
  if (!REPEATED.has(script)) options.push("--no-retry");
  const given = parseArguments([url, "echo", "1", ...options], command);
  try {
    const status = await command.run(given, terminal);
    const { milliseconds: _, ...report } = JSON.parse(out);
    return { status, ...report };
  } catch (error) {
    const { message, ...failure } = failureOf(error);
    const shown = message.replaceAll(url, "URL");
    return { ...failure, message: shown };
  } finally {
    await serving;
  }
}

for (const [name, script] of Object.entries(SCRIPTS)) {
  Deno.test(`a quick request ends like others with ${name}`, async () => {
    const [quick, whole] = await Promise.all([
      request(openQuickly, script),
      request(openPeer, script),
    ]);
    assertEquals(quick, whole);
  });
}

const URLS = [
  "tcp://localhost:80",
  "tcp://127.0.0.1:1",
  "tcp://127.0.0.1:59999",
  "tcp://localhost",
  "tcp://localhost:0",
  "tcp://localhost:65536",
  "tcp://[::1]:80",
  "TCP://localhost:80",
  "tcp://localhost:80/",
  "tls://localhost:80",
  "ws://localhost:80/",
  "unix:/run/socket",
];

const OTHERS = [
  "--",
  "-",
  "-1",
  "-h",
  "--help",
  "--text",
  "--json",
  "--json=1",
  "--insecure",
  "--no-retry",
  "--timeout",
  "--timeout=1s",
  "--login",
  "--login=a=1",
  "--header",
  "--header=a:b",
  "--ca",
  "--cert=file",
  "--key=file",
  "--repeat",
  "--frob",
  "echo",
  "1",
  "",
];

Deno.test("what is quick has the arguments that the whole command reads", async () => {
  const commands = {
    request: await COMMANDS.request.load(),
    notify: await COMMANDS.notify.load(),
  };
  let quick = 0;
  fc.assert(
    fc.property(
      fc.constantFrom("request", "notify"),
      fc.constantFrom(...URLS),
      fc.array(fc.constantFrom(...URLS, ...OTHERS), { maxLength: 6 }),
      fc.nat(6),
      (name, url, others, at) => {
        const args = others.toSpliced(at, 0, url, "echo");
        const found = quickCommand([name, ...args]);
        const command = commands[name as keyof typeof commands];
        let given;
        try {
          given = wantsHelp(args) ? undefined : parseArguments(args, command);
        } catch {
          // What is wrong is said by the whole command.
        }
        if (found === undefined) {
          assertFalse(given !== undefined && isPlain(given), args.join(" "));
          return;
        }
        quick++;
        assertEquals(found.given, given);
        assertEquals(isPlain(found.given), true, args.join(" "));
      },
    ),
    { numRuns: 3000 },
  );
  assert(quick > 30, `${quick} of 3000 were quick`);
  assertEquals(quickCommand(["listen", URLS[0]!]), undefined);
  assertEquals(quickCommand([]), undefined);
});

/** Whether nothing that was given needs more than a connection by TCP. */
function isPlain({ words, values, lists, flags }: Given): boolean {
  return URLS.slice(0, 3).includes(words[0]!) && !flags.has("insecure") &&
    [values.cert, values.key, lists.ca, lists.header]
      .every((value) => value === undefined);
}
