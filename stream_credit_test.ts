import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { isLimitError } from "./codec/mod.ts";
import {
  Handlers,
  isOperationError,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "./mod.ts";
import { MemoryBudget, memoryTotal } from "./peer/memory_budget.ts";
import { Peer, type PeerOptions } from "./peer/mod.ts";
import { socketChannel } from "./transport/websocket/standard_socket.ts";

const MIB = 1024 * 1024;

/** More than a WebSocket of a runtime may have unread. */
const LARGE = 24 * MIB;

/** Serves streams over the WebSocket of the runtime, and connects with it. */
async function open(
  client: PeerOptions = {},
  server: UpgradeHandlerOptions = {},
) {
  const go = Promise.withResolvers<void>();
  const handlers = new Handlers()
    .handle("ping", () => "pong")
    .handle("go", () => go.resolve())
    .handleStream("sink", async (parts) => {
      await go.promise;
      let bytes = 0;
      for await (const part of parts) bytes += part.byteLength;
      return [new TextEncoder().encode(String(bytes))];
    })
    .handleStream("source", async function* (_, { peer }) {
      for (let sent = 0; sent < LARGE; sent += MIB) {
        yield new Uint8Array(MIB);
        // Both peers share a process, which must not be kept busy.
        await peer.request("ping");
      }
    });
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, server),
  );
  const memory = new MemoryBudget();
  const socket = new WebSocket(`ws://127.0.0.1:${http.addr.port}`);
  const peer = new Peer(socketChannel(socket), { handlers, memory, ...client });
  await peer.opened;
  return {
    peer,
    memory,
    /** Makes so many calls that a sender which is not held has sent all. */
    async pings(): Promise<void> {
      for (let calls = 0; calls < 50; calls++) {
        assertEquals(await peer.request("ping"), "pong");
      }
    },
    async [Symbol.asyncDispose]() {
      go.resolve();
      await peer.close();
      await http.shutdown();
    },
  };
}

/** Uploads, and returns the text of the answer. */
function upload(peer: Peer): Promise<string> {
  const { readable, writable } = peer.stream("sink");
  const answer = new Response(readable).text();
  const writing = (async () => {
    const writer = writable.getWriter();
    for (let sent = 0; sent < LARGE; sent += MIB) {
      await writer.write(new Uint8Array(MIB));
      // Both peers share a process, which must not be kept busy.
      await peer.request("ping");
    }
    await writer.close();
  })();
  writing.catch(() => {/* The answer says why. */});
  answer.catch(() => {/* It is awaited later. */});
  return answer;
}

Deno.test("a slow handler holds back an upload over the WebSocket of the runtime, and nothing else (extension/credit)", async () => {
  const memory = new MemoryBudget();
  await using it = await open({}, { memory });
  const answer = upload(it.peer);
  await it.pings();
  assert(memoryTotal(memory).heldBytes < 2 * MIB);
  assert(it.peer.stats.bytesOut < 8 * MIB);
  await it.peer.request("go");
  assertEquals(await answer, String(LARGE));
});

Deno.test("a slow reader holds back a download over the WebSocket of the runtime, and nothing else (extension/credit)", async () => {
  await using it = await open();
  const { readable, writable } = it.peer.stream("source");
  const reader = readable.getReader();
  await writable.close();
  let bytes = (await reader.read()).value!.byteLength;
  await it.pings();
  assert(memoryTotal(it.memory).heldBytes < 2 * MIB);
  assert(it.peer.stats.bytesIn < 8 * MIB);
  for (let part; (part = (await reader.read()).value) !== undefined;) {
    bytes += part.byteLength;
  }
  assertEquals(bytes, LARGE);
});

Deno.test("an upload without credit that a handler does not read ends alone, before the WebSocket of the runtime is full (extension/credit-exceeded)", async () => {
  const refusals: unknown[] = [];
  await using it = await open({ extensions: false }, {
    onEvent: (event) => {
      if (event.type === "refusal") refusals.push(event.limit);
    },
  });
  const answer = upload(it.peer);
  await it.pings();
  const error: unknown = await assertRejects(() => answer);
  if (!isOperationError(error)) throw error;
  assertEquals(
    new TextDecoder().decode(error.payload),
    "too much unread data",
  );
  assertEquals(refusals, ["maxUnreadBytesPerStream"]);
  await it.pings();
});

Deno.test("a download without credit that is not read ends alone, before the WebSocket of the runtime is full (extension/credit-exceeded)", async () => {
  await using it = await open({}, { extensions: false });
  const { readable, writable } = it.peer.stream("source");
  const reader = readable.getReader();
  await writable.close();
  await reader.read();
  await it.pings();
  const error: unknown = await assertRejects(async () => {
    while (!(await reader.read()).done);
  });
  if (!isLimitError(error)) throw error;
  assertEquals(error.code, "maxUnreadBytesPerStream");
  await it.pings();
});

Deno.test("an upload by a WebSocket client that knows no credits ends alone, with an error that the client receives (extension/credit-exceeded)", async () => {
  const ended = Promise.withResolvers<unknown>();
  const handlers = new Handlers()
    .handleText("echo", (value) => value)
    .handleStream("hold", async (parts, { signal }) => {
      await new Promise((resolve) => signal.onabort = resolve);
      await parts.getReader().read().catch(ended.resolve);
    })
    .handleStream("read", async function* (parts) {
      yield* parts;
    });
  const http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers),
  );
  // In the same event loop, the client would not send while the server reads.
  const worker = new Worker(
    import.meta.resolve("./transport/testing/upload_worker.ts"),
    { type: "module" },
  );
  const heard = new Promise<string>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
  });
  worker.postMessage(http.addr.port);
  const answers = await heard;
  assertStringIncludes(`${await ended.promise}`, "too much unread data");
  assertStringIncludes(answers, "E000100000014too much unread data");
  assertStringIncludes(answers, "S000200000003abc");
  assertStringIncludes(answers, "S000200000002de");
  assertStringIncludes(answers, "R000300000002hi");
  worker.terminate();
  await http.shutdown();
});
