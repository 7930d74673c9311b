/**
 * Tests the peer of a page against a server that sends what a test says,
 * byte for byte: what a page does with extensions, and writes of them.
 *
 * @module
 */

import {
  connect,
  Handlers,
  isLimitError,
  type PageConnectOptions,
  type PagePeer,
} from "@gotalk/gotalk/browser";
import { assertEquals, assertRejects } from "@std/assert";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import type { Call } from "./_call.ts";
import type { Line } from "./_line.ts";
import { Requests } from "./_requests.ts";
import { PAGE_LIMITS } from "./options.ts";

/** Connects a page to a server of which a test has the WebSocket. */
async function withServer(
  options: PageConnectOptions,
  test: (
    page: PagePeer,
    server: { send(bytes: string): void; next(): Promise<string> },
  ) => Promise<void>,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<WebSocket>();
  const messages = new TransformStream<string, string>(
    {},
    { highWaterMark: Infinity },
  );
  const writer = messages.writable.getWriter();
  const reader = messages.readable.getReader();
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.binaryType = "arraybuffer";
      socket.onopen = () => {
        socket.send("01");
        resolve(socket);
      };
      socket.onmessage = ({ data }) => {
        void writer.write(new TextDecoder().decode(data));
      };
      return response;
    },
  );
  const limits = { heartbeatInterval: Infinity, ...options.limits };
  const url = `http://127.0.0.1:${http.addr.port}/`;
  const page = await connect(url, { ...options, limits });
  const socket = await promise;
  const next = async () => (await reader.read()).value ?? "";
  try {
    const first = [await next(), await next(), await next()];
    // heartbeat/first
    assertEquals(first.slice(0, 2), ["01", "n00cgotalk:bytes00000000"]);
    assertEquals(first[2]!.slice(0, 5), "h0000");
    await test(page, { send: (bytes) => socket.send(bytes), next });
  } finally {
    page.abort();
    await http.shutdown();
  }
}

Deno.test("a page joins the parts of an answer up to the limit, and drops what follows (limits/joined-answer)", async () => {
  await withServer(
    { limits: { maxPayloadBytes: 8 } },
    async (page, { send, next }) => {
      const first = page.requestText("a", "");
      assertEquals(await next(), "r0000001a00000000");
      send("S000000000004joinS000000000002edS000000000000");
      assertEquals(await first, "joined");
      for (const last of ["S", "R"]) {
        const large = page.requestText("a", "");
        const id = (await next()).slice(1, 5);
        send(`S${id}00000005large${last}${id}00000005large`);
        const error = await assertRejects(() => large);
        assertEquals(isLimitError(error) && error.code, "maxPayloadBytes");
        send(`S${id}00000000`);
        // What is whole needs no cancel.
        if (last === "R") continue;
        assertEquals((await next()).slice(0, 17), "n00dgotalk:cancel");
        assertEquals(await next(), `${id}result too large`);
      }
      const after = page.requestText("a", "");
      const id = (await next()).slice(1, 5);
      send(`R${id}00000002ok`);
      assertEquals(await after, "ok");
    },
  );
});

Deno.test("a page drops a part above the limit behind the end of a stream (limits/part-payload, stream/part-after-end)", async () => {
  const handlers = new Handlers().handleStream("hold", async (parts) => {
    await Array.fromAsync(parts);
    return new Promise<never>(() => {});
  });
  const limits = { maxPayloadBytes: 8 };
  await withServer({ handlers, limits }, async (_page, { send, next }) => {
    send("s0001004hold00000000p000100000000p000100000009too large");
    send("r0002001x00000000");
    assertEquals((await next()).slice(0, 5), "E0002");
    assertEquals(await next(), 'unknown operation "x"');
    // Before the end, it fails the stream.
    send("s0003004hold00000000p000300000009too large");
    assertEquals((await next()).slice(0, 5), "E0003");
    assertEquals(await next(), "payload too large");
  });
});

Deno.test("a page that reads a malformed gotalk:bytes merges nothing (extension/any-time, extension/bytes-before)", async () => {
  await withServer({}, async (page, { send, next }) => {
    send("n00cgotalk:bytes00000001x");
    // An answer shows that what precedes the request has been read.
    send("r0001001x00000000");
    const answer = [await next(), await next()];
    assertEquals(answer, ["E000100000015", 'unknown operation "x"']);
    const sent = [page.notify("a", 1), page.notify("b", 2)];
    for (const unit of ["n001a00000001", "1", "n001b00000001", "2"]) {
      assertEquals(await next(), unit);
    }
    await Promise.all(sent);
    send("n00cgotalk:bytes00000000r0002001x00000000");
    assertEquals(await next(), 'E000200000015unknown operation "x"');
  });
});

for (
  const [what, limits, granted] of [
    [
      "without a limit of unread data grants more than can be sent",
      { maxUnreadBytes: Infinity, maxUnreadBytesPerStream: Infinity },
      "00038d7ea4c78000",
    ],
    [
      "grants no more than may be unread of all streams",
      { maxUnreadBytes: 0x40000, maxUnreadBytesPerStream: Infinity },
      "0000000000050000",
    ],
  ] as const
) {
  Deno.test(`a page ${what} (extension/credit)`, async () => {
    await withServer({ limits }, async (page, { send, next }) => {
      const reader = page.stream("download").readable.getReader();
      const read = reader.read();
      const request = await next();
      assertEquals(request, "s0000008download00000000");
      send(`S000000010000${"x".repeat(0x10000)}`);
      assertEquals((await read).value?.byteLength, 0x10000);
      const credit = [await next(), await next()];
      assertEquals(credit, ["n00dgotalk:credit00000015", `S0000${granted}`]);
    });
  });
}

/** A signal, and what aborts it. */
function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** The cancel of a request. */
function cancelOf(id: string, reason = ""): string[] {
  const size = (id.length + reason.length).toString(16).padStart(8, "0");
  return [`n00dgotalk:cancel${size}`, id + reason];
}

/** Makes calls of one line, whose messages a test does not read. */
function requestsOf(limits = PAGE_LIMITS): Requests {
  const line = {
    clock: new VirtualClock(),
    limits,
    isHandling: false,
    settled() {},
    unread: 0,
    unreadParts: new Set(),
    send() {},
  };
  return new Requests(line as unknown as Line, false);
}

Deno.test("the ID of a cancelled call is reserved until its answer is complete (extension/cancel-last, request/abandoned)", async () => {
  const bytes = new Uint8Array(1), none = new Uint8Array(0);
  for (const kind of ["single", "stream"] as const) {
    const requests = requestsOf();
    const { signal, abort } = abortable();
    if (kind === "single") {
      void requests.single("x", bytes, { signal }).catch(() => {});
    } else {
      const { readable, writable } = requests.stream("x", { signal, input: 1 });
      readable.getReader().read().catch(() => {});
      writable.getWriter().closed.catch(() => {});
    }
    await settled();
    assertEquals([...requests.pending.keys()], ["0000"]);
    abort();
    assertEquals(requests.calls.size, 0);
    requests.answer("S", "0000", bytes, 0);
    requests.answer("S", "0000", undefined, 0);
    assertEquals([...requests.pending.keys()], ["0000"], kind);
    // An ID that is reserved is none for another call.
    const [[, left]] = requests.pending as unknown as [[string, Call]];
    requests.pending.set("0001", left).set("0002", left);
    assertEquals(requests.newId(), "0003");
    requests.pending.delete("0001");
    requests.pending.delete("0002");
    const [letter, payload] = kind === "single" ? ["E", bytes] as const : [
      "S",
      none,
    ] as const;
    requests.answer(letter, "0000", payload, 0);
    assertEquals(requests.pending.size, 0);
  }
});

Deno.test("the IDs of 1,024 cancelled calls are reserved, and those of calls in flight", () => {
  const requests = requestsOf({ ...PAGE_LIMITS, maxPendingRequests: Infinity });
  const bytes = new Uint8Array(1);
  void requests.single("x", bytes, {});
  const { signal, abort } = abortable();
  for (let call = 0; call < 2_000; call++) {
    void requests.single("x", bytes, { signal }).catch(() => {});
  }
  abort();
  assertEquals([requests.pending.size, requests.calls.size], [1_025, 1]);
  assertEquals(requests.pending.has("0000"), true);
});

Deno.test("aborting the data of a stream sends its cancel, and nothing behind it (extension/cancel-last)", async () => {
  await withServer({}, async (page, { next }) => {
    const writer = page.stream("up").writable.getWriter();
    await writer.write(Uint8Array.of(0x61));
    assertEquals([await next(), await next()], ["s0000002up00000001", "a"]);
    await writer.abort("left");
    await page.notify("n");
    const sent = [await next(), await next(), await next()];
    assertEquals(sent, [...cancelOf("0000", "left"), "n001n00000000"]);
  });
});

Deno.test("a subscription that is left ends its data if the server does not know cancels, however it is left", async () => {
  for (const knows of [false, true]) {
    for (const way of ["signal", "return"] as const) {
      await withServer({}, async (page, { send, next }) => {
        const { signal, abort } = abortable();
        const values = page.values("x", 1, { signal });
        void values.next().catch(() => {});
        assertEquals([await next(), await next()], ["s0000001x00000001", "1"]);
        if (knows) send("n008gotalk:x00000000r0001001x00000000");
        if (knows) assertEquals((await next()).slice(0, 5), "E0001");
        if (knows) await next();
        if (way === "signal") abort();
        else await values.return();
        if (!knows) assertEquals(await next(), "p000000000000", way);
        assertEquals([await next(), await next()], cancelOf("0000"), way);
      });
    }
  }
});

Deno.test("calls leave no listener on their signal, whatever becomes of them", async () => {
  await withServer({}, async (page, { send, next }) => {
    let listeners = 0;
    const { signal } = new AbortController();
    const { addEventListener, removeEventListener } = signal;
    signal.addEventListener = (...values: unknown[]) => {
      listeners++;
      addEventListener.apply(signal, values as never);
    };
    signal.removeEventListener = (...values: unknown[]) => {
      listeners--;
      removeEventListener.apply(signal, values as never);
    };
    const options = { signal, timeout: 60_000 };
    const call = page.request("a", 1, options);
    const failing = page.request("b", 1, options).catch(() => {});
    const { readable } = page.stream("c", { ...options, input: 1 });
    const read = new Response(readable).text();
    const values = page.values("d", 1, options);
    const first = values.next();
    for (let unit = 0; unit < 8; unit++) await next();
    assertEquals(listeners, 4);
    send("R0000000000012E000100000001xS000200000000S0003000000011");
    assertEquals(await call, 2);
    await failing;
    assertEquals(await read, "");
    assertEquals(await first, { done: false, value: 1 });
    await values.return();
    // Its end and its cancel.
    for (let unit = 0; unit < 3; unit++) await next();
    assertEquals(listeners, 0);
  });
});

Deno.test("a part of the first of 1,024 refused streams is ignored (limits/ended-streams, stream/late-parts)", async () => {
  await withServer({}, async (page, { send, next }) => {
    const ids = Array.from(
      { length: 1024 },
      (_, n) => n.toString(16).padStart(4, "0"),
    );
    send("n00cgotalk:bytes00000000");
    send(ids.map((id) => `s${id}001x00000000`).join(""));
    send("p000000000001ar~000001y00000000");
    let received = "";
    while (!received.includes("E~000")) received += await next();
    assertEquals(page.state, "open");
  });
});

Deno.test("a stream goes on when the handler of a cancelled one with its ID ends (stream/id-again)", async () => {
  const hold = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handleStream("echo", (parts) => parts)
    .handleStream("hold", async () => {
      // It goes on, although its request is cancelled.
      await hold.promise;
      ended.resolve();
    });
  await withServer({ handlers }, async (_page, { send, next }) => {
    send("s0001004hold00000000");
    send("n00dgotalk:cancel000000040001");
    assertEquals([await next(), await next()], ["E000100000009", "cancelled"]);
    send("s0001004echo00000001a");
    assertEquals([await next(), await next()], ["S000100000001", "a"]);
    hold.resolve();
    await ended.promise;
    await settled();
    send("p000100000001b");
    assertEquals([await next(), await next()], ["S000100000001", "b"]);
  });
});
