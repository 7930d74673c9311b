/**
 * Tests what a page prints of handlers that fail when they are stopped: what
 * other peers report.
 *
 * @module
 */

import { fetchHandler, type Peer } from "@gotalk/gotalk";
import { connect, Handlers, type RequestContext } from "@gotalk/gotalk/browser";
import { printed } from "../peer/testing/printed.ts";
import { assertEquals } from "@std/assert";

const failure = new Error("late");

/** Handlers that last until they are stopped, and then throw what `fail` returns. `ended` receives the number of those that have ended. */
function handlersThat(
  fail: (reason: unknown) => unknown,
  entered: () => void,
): Handlers {
  const late = async ({ signal }: RequestContext) => {
    entered();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    const error = fail(signal.reason);
    if (error !== undefined) throw error;
  };
  const yielding = async function* <T>(value: T, context: RequestContext) {
    try {
      yield value;
      entered();
      await new Promise((resolve) =>
        context.signal.addEventListener("abort", resolve)
      );
    } finally {
      const error = fail(context.signal.reason);
      // deno-lint-ignore no-unsafe-finally -- that is what is tested
      if (error !== undefined) throw error;
    }
  };
  const web = ({ signal }: RequestContext) =>
    new ReadableStream<Uint8Array>({
      pull: entered,
      cancel() {
        const error = fail(signal.reason);
        if (error !== undefined) throw error;
      },
    }, { highWaterMark: 0 });
  return new Handlers()
    .handle("single", (_, context) => late(context))
    .handleStream("stream", (_, context) => late(context))
    .handleStream("parts", (_, context) => yielding(new Uint8Array(9), context))
    .handleStream("web", (_, context) => web(context))
    .handleValues("values", (_, context) => yielding(1, context));
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Ways to stop a handler that runs in a page. */
const WAYS: Record<string, (cancel: () => void, server: Peer) => void> = {
  "its caller leaves": (cancel) => cancel(),
  "the connection ends": (_, server) => server.abort(),
};

for (const [way, stop] of Object.entries(WAYS)) {
  Deno.test(`a page prints what a handler fails with after ${way}, unless it passes on why`, async () => {
    for (
      const fail of [
        () => failure,
        () => undefined,
        (reason: unknown) => reason,
        (cause: unknown) => new Error("stopped", { cause }),
        () => new DOMException("stopped", "AbortError"),
      ]
    ) {
      for (const name of ["single", "stream", "parts", "web", "values"]) {
        const { promise: entered, resolve } = Promise.withResolvers<void>();
        const handler = fetchHandler(new Handlers());
        await using server = Deno.serve(
          { hostname: "127.0.0.1", port: 0, onListen() {} },
          handler,
        );
        const page = await connect(`ws://127.0.0.1:${server.addr.port}`, {
          handlers: handlersThat(fail, resolve),
        });
        await page.request("none").catch(() => {});
        const [peer] = handler.peers;
        const lines = await printed(async () => {
          const controller = new AbortController();
          const { signal } = controller;
          const call = name === "single"
            ? peer!.request(name, 1, { signal })
            : name === "values"
            ? Array.fromAsync(peer!.values(name, 1, { signal }))
            : new Response(peer!.stream(name, { signal }).readable).bytes();
          const settled = Promise.resolve(call).catch(() => {});
          await entered;
          stop(() => controller.abort(), peer!);
          await settled;
          await page.drain();
          while (page.stats.running > 0) await nextTurn();
        });
        const text = `The handler of "${name}" failed:`;
        const expected = fail(0) === failure
          ? [["error", [text, failure]]]
          : [];
        assertEquals(lines, expected, `${name}: ${fail}`);
        await handler.close();
      }
    }
  });
}
