/**
 * A chat of peers of three implementations at one server.
 *
 * @module
 */

import { broadcast, connect, Handlers, serve } from "@gotalk/gotalk";
import { json, text } from "@gotalk/gotalk/codec";
import { startAdapter } from "@gotalk/conformance";
import { assertEquals } from "@std/assert";
import { Adapter, type AdapterConnection } from "./_adapter.ts";
import { CHROMIUM, startChromium } from "./_chromium.ts";
import { GO, startGo } from "./_go.ts";
import { needing } from "../scripts/find_program.ts";

const GOTALK_JS = new URL(
  "../conformance/implementations/adapters/gotalk_js/main.js",
  import.meta.url,
);

/** The maximum duration, in milliseconds. */
const TIMEOUT = 120_000;

/** What gotalk.js needs to send characters beyond ASCII. */
const AS_TEXT = { text: true };

/** One that takes part. */
interface Member {
  readonly name: string;
  /** Requests the operation "say" with a line. */
  say(line: string): Promise<void>;
  /** Returns the lines that it was notified of, once there are so many. */
  heard(count: number): Promise<string[]>;
}

Deno.test(needing({ chromium: CHROMIUM, go: GO }, {
  name:
    "the Go reference, gotalk.js in Deno and in Chromium, and our peer chat at one server",
  timeout: TIMEOUT,
  fn: async () => {
    const handlers = new Handlers().handle("say", async (line: string) => {
      await broadcast(server.peers, "said", line);
    });
    await using server = await serve(
      { transport: "websocket", origins: "*" },
      handlers,
    );
    const { address } = server;
    await using go = await startGo();
    const { script = "" } = await go.listen("websocket");
    await using js = new Adapter(await startGotalkJs(script));
    await using browser = new Adapter(await startChromium(script));
    const lines: string[] = [];
    const arrived = Promise.withResolvers<void>();
    await using peer = await connect(address, {
      handlers: new Handlers().onNotification("said", (line: string) => {
        if (lines.push(line) === 4) arrived.resolve();
      }),
    });
    const members: Member[] = [
      foreign("Go", await go.connect(address)),
      foreign("gotalk.js in Deno", await js.connect(address), AS_TEXT),
      foreign(
        "gotalk.js in Chromium",
        await browser.connect(address),
        AS_TEXT,
      ),
      {
        name: "our peer",
        say: async (line) => void await peer.request("say", line),
        heard: async () => (await arrived.promise, lines),
      },
    ];
    // One after the other: then there is one order.
    for (const { name, say } of members) await say(`${name} is here, 日本`);
    const said = members.map(({ name }) => `${name} is here, 日本`);
    for (const { name, heard } of members) {
      assertEquals(await heard(said.length), said, name);
    }
    assertEquals(server.peers.size, members.length);
  },
}));

function startGotalkJs(script: string): ReturnType<typeof startAdapter> {
  return startAdapter([
    `"${Deno.execPath()}"`,
    "run --no-config --unstable-unsafe-proto --allow-net=127.0.0.1",
    `"${GOTALK_JS.pathname}"`,
    script,
  ].join(" "));
}

/** A member of another implementation. */
function foreign(
  name: string,
  connection: AdapterConnection,
  options?: { readonly text: boolean },
): Member {
  return {
    name,
    async say(line) {
      const call = await connection.request("say", json.encode(line), options);
      const report = await call.settled();
      assertEquals(report.outcome, "result", name);
    },
    async heard(count) {
      const { notes } = await connection.received({ notes: count });
      return notes.map(({ payload }) =>
        JSON.parse(text.decode(payload)) as string
      );
    },
  };
}
