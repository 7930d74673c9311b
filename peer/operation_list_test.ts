import { assertEquals, assertRejects } from "@std/assert";
import * as z from "npm:zod@4.6";
import { json } from "../codec/payload.ts";
import { memoryPair } from "../transport/memory.ts";
import { HandlerLookup } from "./handler_lookup.ts";
import { Handlers } from "./handlers.ts";
import { type ListedOperation, listOperations } from "./listed_operation.ts";
import { OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import type { PeerOptions } from "./peer_options.ts";
import type { Schema } from "./standard_schema.ts";

/** What a peer with these options lists. */
async function listed(options: PeerOptions): Promise<ListedOperation[]> {
  const [near, far] = memoryPair();
  await using _remote = new Peer(far, { role: "acceptor", ...options });
  await using peer = new Peer(near);
  return await listOperations(peer);
}

/** A schema of a library that converts none. */
const plain: Schema = {
  "~standard": { version: 1, vendor: "test", validate: (value) => ({ value }) },
};

Deno.test("a peer that offers it lists what it handles by name (extension/operations, extension/operations-list)", async () => {
  const handlers = new Handlers()
    .handle("json", () => 1)
    .handleText("text", (value) => value)
    .handleBytes("bytes", (value) => value)
    .handleStream("bytes", (parts) => parts)
    .handleStream("with input", (parts) => parts, { input: true })
    .handleValues("values", function* () {})
    .handleValues("echoed", function* () {}, { input: false })
    .onNotification("seen", () => {})
    .onNotificationText("said", () => {})
    .onNotificationBytes("raw", () => {});
  assertEquals(await listed({ handlers, listOperations: true }), [
    { name: "bytes", kind: "request", payload: "bytes" },
    { name: "bytes", kind: "stream", payload: "bytes" },
    { name: "echoed", kind: "stream", payload: "json" },
    { name: "json", kind: "request", payload: "json" },
    { name: "raw", kind: "notification", payload: "bytes" },
    { name: "said", kind: "notification", payload: "text" },
    { name: "seen", kind: "notification", payload: "json" },
    { name: "text", kind: "request", payload: "text" },
    { name: "values", kind: "stream", payload: "json", input: true },
    { name: "with input", kind: "stream", payload: "bytes", input: true },
  ]);
  assertEquals(await listed({ listOperations: true }), []);
});

Deno.test("schemas are listed as JSON Schema where their library converts them", async () => {
  const number = z.string().transform(Number);
  const handlers = new Handlers()
    .handle("double", (n) => String(n), { input: number, output: z.string() })
    .handle("plain", (n) => n, { input: plain, output: plain })
    .handle("bad", (n) => n, { input: z.date() as Schema })
    .handleValues("count", function* () {}, {
      input: z.object({ to: z.int() }),
      values: plain,
      output: z.number(),
    })
    .onNotification("seen", () => {}, { input: z.boolean() });
  const list = await listed({ handlers, listOperations: true });
  const types = list.map(({ name, input, output, values }) => [
    name,
    input === true ? input : input?.type,
    output === true ? output : output?.type,
    values,
  ]);
  assertEquals(types, [
    ["bad", true, undefined, undefined],
    ["count", "object", "number", true],
    ["double", "string", "string", undefined],
    ["plain", true, true, undefined],
    ["seen", "boolean", undefined, undefined],
  ]);
});

Deno.test("a list has what other sets contribute, and what was added later", async () => {
  const base = new Handlers().handle("a", () => 1);
  const handlers = new Handlers(base).handleText("b", (value) => value);
  const names = async () => {
    const list = await listed({ handlers, listOperations: true });
    return list.map(({ name, payload }) => `${name} ${payload}`);
  };
  assertEquals(await names(), ["a json", "b text"]);
  assertEquals(await names(), ["a json", "b text"]);
  base.handle("c", () => 1);
  handlers.handleText("a", (value) => value);
  assertEquals(await names(), ["a text", "b text", "c json"]);
});

Deno.test("a list is hidden unless it is offered, and reaches no handler (extension/operations-off, extension/reserved)", async () => {
  const called: string[] = [];
  const handlers = new Handlers()
    .handleOther((payload, { operation }) => {
      called.push(operation);
      return payload;
    })
    .handleOtherStream((parts, { operation }) => {
      called.push(operation);
      return parts;
    });
  const unknown = 'unknown operation "gotalk:operations"';
  for (
    const options of [{}, { listOperations: true, extensions: false }]
  ) {
    const error = await assertRejects(
      () => listed({ handlers, ...options }),
      OperationError,
    );
    assertEquals((error as OperationError).text, unknown);
  }
  const [near, far] = memoryPair();
  await using _remote = new Peer(far, { handlers, listOperations: true });
  await using peer = new Peer(near);
  for (const name of ["gotalk:", "gotalk:operations2"]) {
    await assertRejects(() => peer.request(name), OperationError);
  }
  // It is an operation of single requests.
  const { readable } = peer.stream("gotalk:operations");
  await assertRejects(() => Array.fromAsync(readable), OperationError);
  assertEquals(called, []);
  assertEquals(await peer.requestText("other", "x"), "x");
  assertEquals(called, ["other"]);
});

Deno.test("the middleware of all sets runs around a list, and a login comes first", async () => {
  const base = new Handlers().handle("a", () => 1).use(
    ({ operation, auth }, next) => {
      if (auth !== "ali") throw new OperationError(`${operation} is not yours`);
      return next();
    },
  );
  const handlers = new Handlers(base);
  const error = await assertRejects(
    () => listed({ handlers, listOperations: true, auth: "bob" }),
    OperationError,
    "gotalk:operations is not yours",
  );
  assertEquals(error instanceof OperationError, true);
  const list = await listed({ handlers, listOperations: true, auth: "ali" });
  assertEquals(list.length, 1);
  const login = { operation: "login", authenticate: () => "ali" };
  await assertRejects(
    () => listed({ handlers, listOperations: true, login }),
    OperationError,
    "not authenticated",
  );
});

Deno.test("of a list from a remote peer, what is malformed is left out", async () => {
  const answers: [unknown, ListedOperation[]][] = [
    [null, []],
    [{ name: "a" }, []],
    [
      [
        null,
        3,
        { name: 3, kind: "request" },
        { name: "a", kind: "other" },
        { name: "b", kind: "stream", input: [], output: 3, values: null },
        { name: "c", kind: "request", payload: "json", input: {}, more: 1 },
      ],
      [
        { name: "b", kind: "stream", payload: "bytes" },
        { name: "c", kind: "request", payload: "json", input: {} },
      ],
    ],
  ];
  for (const [answer, wanted] of answers) {
    const remote = { request: () => Promise.resolve(answer) };
    assertEquals(await listOperations(remote as never), wanted);
  }
});

Deno.test("the request for a list has any payload, which is ignored (extension/operations-input)", async () => {
  const [near, far] = memoryPair();
  await using _remote = new Peer(far, {
    handlers: new Handlers().handle("a", () => 1),
    listOperations: true,
  });
  await using peer = new Peer(near);
  const payload = Uint8Array.of(0xff, 0x00);
  const result = await peer.requestBytes("gotalk:operations", payload);
  const list = json.decode(result, { operation: "gotalk:operations" });
  assertEquals(list, [{ name: "a", kind: "request", payload: "json" }]);
});

Deno.test("the handlers of another copy of the package are not listed: what they handle is unknown", async () => {
  const own = new Handlers().handle("a", () => 1);
  // Like a set of another copy, it has the methods but none of the private members.
  const methods = [Handlers.prototype, HandlerLookup.prototype]
    .flatMap((prototype) => Object.getOwnPropertyNames(prototype))
    .map((name) => [name, own[name as "findSingle"]] as const)
    .filter(([, method]) => typeof method === "function")
    .map(([name, method]) => [name, method.bind(own)]);
  const handlers: Handlers = Object.fromEntries(methods);
  await assertRejects(
    () => listed({ handlers, listOperations: true }),
    OperationError,
    "gotalk:operations",
  );
});
