/**
 * Tests that streams of pages in Chromium hold little memory, however slowly the
 * remote peer takes them.
 *
 *     FULL_SIZE=1 deno test -A interop/page_memory_test.ts
 *
 * streams 100 MB each way; without it, the streams are shorter.
 *
 * @module
 */

import { fetchHandler, Handlers } from "@gotalk/gotalk";
import { MemoryBudget } from "@gotalk/gotalk/peer";
import { assert, assertEquals } from "@std/assert";
import { Browser, type Page } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";
import { needing } from "../scripts/find_program.ts";

const MIB = 1024 * 1024;

const IS_FULL = Deno.env.get("FULL_SIZE") === "1";

/** The bytes of a stream. */
const SIZE = IS_FULL ? 100 * MIB : 24 * MIB;

/** How much more a process may hold within a stream than at a quarter of it, in bytes. */
const MAX_GROWTH = 16 * MIB;

/** The bytes after which the reader pauses, and for how long, in milliseconds. */
const PAUSE = { after: 256 * 1024, time: 5 } as const;

/** The bytes after which a page reads nothing more for a while. */
const STOP_AFTER = MIB;

/** How much more than the page reads a server may send: the window of 1 MiB, and what both sides have at hand. */
const MAX_AHEAD = 2 * MIB;

/** Calls during which a server must send nothing more to a page that does not read. */
const QUIET_CALLS = 20;

/** The maximum duration of all tests, in milliseconds. */
const TIMEOUT = IS_FULL ? 300_000 : 120_000;

const PAGE = `<!doctype html><script type="module">
import { connect } from "/gotalk.js";
globalThis.pause = () => new Promise((next) => setTimeout(next, ${PAUSE.time}));
globalThis.peer = connect();
globalThis.progress = 0;
</script>`;

/** Counts what is read, and pauses. */
async function readSlowly(
  stream: ReadableStream<Uint8Array>,
  progressed: (bytes: number) => Promise<void>,
): Promise<number> {
  let bytes = 0;
  let paused = 0;
  for await (const part of stream) {
    await progressed(bytes += part.byteLength);
    if (bytes - paused < PAUSE.after) continue;
    paused = bytes;
    await new Promise((next) => setTimeout(next, PAUSE.time));
  }
  return bytes;
}

/** The most memory of the page, and that the server held. */
interface Most {
  looks: number;
  page: number;
  held: number;
}

/** The most memory that both processes held in the first quarter of a stream, and later. */
class Watch {
  readonly #browser: Browser;
  readonly #page: Page;
  readonly #memory: MemoryBudget;
  readonly #early: Most = { looks: 0, page: 0, held: 0 };
  readonly #late: Most = { looks: 0, page: 0, held: 0 };
  #sampling: Promise<void> | undefined;

  constructor(browser: Browser, page: Page, memory: MemoryBudget) {
    this.#browser = browser;
    this.#page = page;
    this.#memory = memory;
  }

  /** Looks at the memory, unless it is being looked at. Waits for the first look at first, and later: a busy machine takes long for one. */
  async sample(done: number): Promise<void> {
    const most = done < SIZE / 4 ? this.#early : this.#late;
    while (most.looks === 0) {
      await this.#sampling;
      await this.#start(most);
    }
    void this.#start(most);
  }

  #start(most: Most): Promise<void> {
    return this.#sampling ??= this.#look(most).finally(() =>
      this.#sampling = undefined
    );
  }

  async #look(most: Most): Promise<void> {
    await this.#page.collectGarbage();
    const page = await this.#browser.rendererBytes();
    most.looks++;
    most.page = Math.max(most.page, page);
    most.held = Math.max(most.held, this.#memory.heldBytes);
  }

  /** Waits for the last look, and checks all of them. */
  async check(what: string): Promise<void> {
    await this.#sampling;
    const early = this.#early;
    const late = this.#late;
    console.log(
      `${what}: ${SIZE / MIB} MiB, at most ${mib(late.page)} in the page (${
        mib(early.page)
      } at first), ${mib(late.held)} held by the server`,
    );
    assert(early.page > 0 && late.page > 0);
    assert(late.page < early.page + MAX_GROWTH, "the page");
    assert(late.held < MAX_GROWTH, "the server");
  }
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

Deno.test(needing({ chromium: CHROMIUM }, {
  name: "streams of a page to a slow reader, and from a server to a slow page",
  timeout: TIMEOUT,
  fn: async (t) => {
    await using browser = await Browser.start();
    const memory = new MemoryBudget();
    const page = await browser.open("about:blank");
    const watch = {
      up: new Watch(browser, page, memory),
      down: new Watch(browser, page, memory),
    };
    const uploaded = Promise.withResolvers<number>();
    const stopped = { sent: 0 };
    const handlers = new Handlers()
      .handle("ping", () => "pong")
      .handleStream("upload", async (parts) => {
        uploaded.resolve(
          await readSlowly(parts, (bytes) => watch.up.sample(bytes)),
        );
      })
      .handleStream("download", async function* (_, { signal }) {
        const part = new Uint8Array(64 * 1024);
        for (let sent = 0; sent < SIZE; sent += part.byteLength) {
          signal.throwIfAborted();
          await watch.down.sample(sent);
          yield part;
        }
      })
      .handleStream("source", function* () {
        const part = new Uint8Array(64 * 1024);
        for (; stopped.sent < SIZE; stopped.sent += part.byteLength) yield part;
      })
      .handle("progress", () => stopped.sent);
    const handler = fetchHandler(handlers, { memory });
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request, info) =>
        new URL(request.url).pathname === "/page"
          ? new Response(PAGE, { headers: { "content-type": "text/html" } })
          : handler(request, info),
    );
    const { port } = server.addr;
    await page.navigate(`http://127.0.0.1:${port}/page`);
    await page.evaluate("peer.then((peer) => peer.request('ping'))");

    await t.step("an upload to a slow handler", async () => {
      const answer = page.evaluate(`(async () => {
        const { readable, writable } = (await peer).stream("upload");
        const writer = writable.getWriter();
        const chunk = new Uint8Array(${MIB});
        for (let sent = 0; sent < ${SIZE}; sent += chunk.length) await writer.write(chunk);
        await writer.close();
        for await (const _ of readable);
        return (await peer).request("ping");
      })()`);
      assertEquals(await uploaded.promise, SIZE);
      assertEquals(await answer, "pong");
      await watch.up.check("upload");
    });

    await t.step("a download to a page that reads with pauses", async () => {
      const received = await page.evaluate(`(async () => {
        const { readable } = (await peer).stream("download");
        let bytes = 0, paused = 0;
        for await (const part of readable) {
          bytes += part.length;
          if (bytes - paused < ${PAUSE.after}) continue;
          paused = bytes;
          await pause();
        }
        return [bytes, await (await peer).request("ping"), (await peer).state];
      })()`);
      assertEquals(received, [SIZE, "pong", "open"]);
      await watch.down.check("download");
    });

    await t.step("a download to a page that stops reading", async () => {
      const before = Deno.memoryUsage().rss;
      const whileStopped = page.evaluate(`(async () => {
        const remote = await peer;
        globalThis.stopped = remote.stream("source").readable.getReader();
        globalThis.read = 0;
        while (read < ${STOP_AFTER}) read += (await stopped.read()).value.length;
        for (let last = -1, quiet = 0; quiet < ${QUIET_CALLS};) {
          const sent = await remote.request("progress");
          quiet = sent === last ? quiet + 1 : 0;
          last = sent;
          await pause();
        }
        return read;
      })()`);
      const read = Number(await whileStopped);
      const ahead = stopped.sent - read;
      const growth = Deno.memoryUsage().rss - before;
      console.log(
        `stopped: ${mib(ahead)} sent beyond what is read, the server grew by ${
          mib(growth)
        }`,
      );
      assert(ahead <= MAX_AHEAD, `${mib(ahead)} beyond what is read`);
      assert(growth < MAX_GROWTH, `the server grew by ${mib(growth)}`);
      const rest = await page.evaluate(`(async () => {
        for (;;) {
          const { done, value } = await stopped.read();
          if (done) return read;
          read += value.length;
        }
      })()`);
      assertEquals(rest, SIZE);
    });

    await page.evaluate("peer.then((peer) => peer.close())");
    await handler.close();
    await server.shutdown();
  },
}));
