import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { json, text, ValidationError } from "../codec/mod.ts";
import { memoryPair } from "../transport/mod.ts";
import type { Contract, ErrorOf } from "./contract.ts";
import { Handlers } from "./handlers.ts";
import { isOperationError, OperationError } from "./operation_error.ts";
import { Peer } from "./peer.ts";
import { failedError, retryError } from "./requestor/result_errors.ts";
import type { Schema } from "./standard_schema.ts";
import { ScriptedPeer, watch } from "./testing/scripted_peer.ts";

/** Returns the error of a call that is answered with a payload. */
async function received(
  payload: string | Uint8Array,
  limits = {},
): Promise<OperationError> {
  const bytes = typeof payload === "string" ? text.encode(payload) : payload;
  await using script = await ScriptedPeer.open({ limits });
  const call = watch(script.peer.requestText("x", ""));
  const size = bytes.byteLength.toString(16).padStart(8, "0");
  await script.say(`E0000${size}`);
  script.channel.send(bytes);
  await script.say("");
  return call.rejection(isOperationError);
}

Deno.test("a received error has the words of the remote peer, and its payload", async () => {
  const error = await received("division by zero");
  assertEquals(error.text, "division by zero");
  assertEquals(error.payload, text.encode("division by zero"));
  assertEquals([error.code, error.data], ["operation-failed", undefined]);
  assertEquals((await received("")).text, "");
  assertEquals((await received(Uint8Array.of(0x61, 0xff))).text, "a\ufffd");
});

Deno.test("a received error has the code and data of its JSON payload", async () => {
  const both = await received('{"error":"no","code":"c","data":{"b":0}}');
  assertEquals([both.text, both.code, both.data], ["no", "c", { b: 0 }]);
  assertEquals(
    both.message,
    'Cannot complete "x": the remote peer answered with the error "no", code "c"',
  );
  const data = await received('{"error":"no","data":null}');
  assertEquals([data.text, data.code, data.data], [
    "no",
    "operation-failed",
    null,
  ]);
  const code = await received('{"error":"no", "code":"c"}');
  assertEquals([code.text, code.code, code.data], ["no", "c", undefined]);
});

Deno.test("a received payload of any other form is text", async () => {
  for (
    const payload of [
      "{",
      "{}",
      '{"error":"no"}',
      '{"error":1,"code":"c"}',
      '{"error":"no","code":1}',
      '{"error":"no","code":null,"data":1}',
      // What a foreign peer may mean otherwise.
      '{"error":"no","code":"c","more":1}',
      '{"error":"no","code":"c","status":404}',
      '{"code":"c","error":"no"}',
      '{"error":"no","data":1,"code":"c"}',
      '{"error":{"code":"c"},"data":1}',
      ' {"error":"no","code":"c"}',
      '{"code":"c","data":1}',
      '["error"]',
      "null",
    ]
  ) {
    const error = await received(payload);
    assertEquals([error.text, error.code], [payload, "operation-failed"]);
  }
  const long = JSON.stringify({ error: "no", data: "x".repeat(100) });
  assertEquals((await received(long, { maxJsonBytes: 50 })).text, long);
  const deep = '{"error":"no","data":[[[]]]}';
  assertEquals((await received(deep, { maxJsonDepth: 2 })).text, deep);
});

Deno.test("what the remote peer chose is escaped in the message, and not printed with the error", async () => {
  const error = await received(
    '{"error":"\\u001b[2J","code":"\\u202e","data":"\\u001b"}',
  );
  assertEquals(error.text, "\x1b[2J");
  assertEquals(
    error.message.endsWith(String.raw`"\x1b[2J", code "\u{202e}"`),
    true,
    error.message,
  );
  assertEquals(Object.keys(error), ["operation", "payload"]);
});

Deno.test("an error with a code or data is sent as JSON, and without as text", () => {
  const payloadOf = (...args: ConstructorParameters<typeof OperationError>) =>
    text.decode(new OperationError(...args).payload);
  assertEquals(payloadOf("no"), "no");
  assertEquals(payloadOf("no", { code: "c" }), '{"error":"no","code":"c"}');
  assertEquals(payloadOf("no", { data: 0 }), '{"error":"no","data":0}');
  assertEquals(
    payloadOf("\ud800", { code: "c", data: null }),
    '{"error":"\ufffd","code":"c","data":null}',
  );
  assertEquals(payloadOf("no", { payload: text.encode("yes") }), "yes");
});

Deno.test("a code or text of another type than string is refused", () => {
  for (
    const [options, message] of [
      [{ code: 5 }, "Cannot set code: got 5, wanted a string"],
      [{ code: null }, "Cannot set code: got null, wanted a string"],
      [{ code: Symbol() }, "Cannot set code: got a symbol, wanted a string"],
      [{ text: 5 }, "Cannot set text: got 5, wanted a string"],
    ] as const
  ) {
    assertThrows(
      () => new OperationError("no", options as never),
      TypeError,
      message,
    );
  }
});

/** Returns the error that a call rejects with. */
async function failure<E extends OperationError = OperationError>(
  call: Promise<unknown>,
): Promise<E> {
  const error = await assertRejects(() => call);
  if (isOperationError<E>(error)) return error;
  throw error;
}

interface Shop extends Contract {
  operations: { buy(title: string): number };
  errors: {
    buy: { code: "sold-out"; data: { until: string } } | { code: "unknown" };
  };
}

Deno.test("a contract types errors, which arrive with their code and data", async () => {
  const handlers = new Handlers<Shop>().handle("buy", (title) => {
    if (title === "Emil") return 12;
    throw new OperationError("sold out", {
      code: "sold-out",
      data: { until: "May" },
    });
  });
  const [left, right] = memoryPair();
  await using shop = new Peer<Shop>(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  assertEquals(await shop.request("buy", "Emil"), 12);
  const error = await failure<ErrorOf<Shop, "buy">>(shop.request("buy", "Mio"));
  if (error.code === "sold-out") assertEquals(error.data.until, "May");
  else {
    // @ts-expect-error: the other errors have no data
    error.data.until;
  }
  // @ts-expect-error: the contract has no such code
  const misspelt = error.code === "sold out";
  assertEquals(misspelt, false);
});

Deno.test("the errors of a contract type those that a handler throws, by satisfies", () => {
  type BuyError = Shop["errors"]["buy"];
  const right = [
    () =>
      new OperationError(
        "sold out",
        { code: "sold-out", data: { until: "May" } } satisfies BuyError,
      ),
    () => new OperationError("?", { code: "unknown" } satisfies BuyError),
  ];
  const wrong = [
    // @ts-expect-error: the contract has no such code
    () => new OperationError("", { code: "soldout" } satisfies BuyError),
    // @ts-expect-error: the data is left out
    () => new OperationError("", { code: "sold-out" } satisfies BuyError),
    () =>
      new OperationError(
        "",
        // @ts-expect-error: the data has another type
        { code: "sold-out", data: { until: 5 } } satisfies BuyError,
      ),
    () =>
      new OperationError(
        "",
        // @ts-expect-error: the code has no data
        { code: "unknown", data: { until: "May" } } satisfies BuyError,
      ),
  ];
  assertEquals(right.map((error) => error().code), ["sold-out", "unknown"]);
  assertEquals(wrong.length, 4);
});

Deno.test("the issues of invalid input reach the caller if the handler sends them", async () => {
  const schema: Schema<unknown, number> = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: () => ({
        issues: [
          { message: "wanted a number", path: ["a", { key: 0 }] },
          { message: "wanted a name", path: ["b"] },
        ],
      }),
    },
  };
  const handlers = new Handlers()
    .handle("open", (n) => n, { input: schema, sendIssues: true })
    .handle("closed", (n) => n, { input: schema });
  const [left, right] = memoryPair();
  await using client = new Peer(left);
  await using _server = new Peer(right, { handlers, role: "acceptor" });
  const open = await failure(client.request("open", {}));
  assertEquals(
    open.text,
    'Cannot accept the input of "open": wanted a number at a.0',
  );
  assertEquals([open.code, open.data], ["invalid-input", {
    issues: [
      { message: "wanted a number", path: ["a", 0] },
      { message: "wanted a name", path: ["b"] },
    ],
  }]);
  const closed = await failure(client.request("closed", {}));
  assertEquals([closed.code, closed.data], ["operation-failed", undefined]);
  assertEquals(
    closed.payload,
    text.encode('Cannot accept the input of "closed": wanted a number at a.0'),
  );
  assertEquals(
    json.decode(open.payload),
    { error: open.text, code: open.code, data: open.data },
  );
});

Deno.test("data that has no JSON form is refused, since the error would arrive as other text", () => {
  const lost = [() => {}, Symbol("lost"), { toJSON: () => undefined }];
  for (const data of [...lost, new Map(), 1n]) {
    assertThrows(() => new OperationError("what", { data }), ValidationError);
  }
});

Deno.test("what the remote peer answered is quoted by whole characters, marked where it is cut, and escaped", () => {
  const utf8 = new TextEncoder();
  const coded = (error: string, code: string) =>
    utf8.encode(JSON.stringify({ error, code }));
  const long = "ü".repeat(250), faces = "\u{1f600}".repeat(250);
  const cut = `"${"ü".repeat(200)}…"`;
  for (
    const [payload, said] of [
      [utf8.encode("ü".repeat(200)), `"${"ü".repeat(200)}"`],
      [utf8.encode(long), cut],
      [utf8.encode(`a${long}`), `"a${"ü".repeat(199)}…"`],
      [utf8.encode(faces), `"${"\u{1f600}".repeat(200)}…"`],
      [coded(long, "c"), `${cut}, code "c"`],
      [coded("no", long), `"no", code ${cut}`],
      [coded(`a${faces}`, "c"), `"a${"\u{1f600}".repeat(199)}…", code "c"`],
      [utf8.encode('\x1b[2J\n"\u202e'), '"\\x1b[2J\\x0a\\"\\u{202e}"'],
      [Uint8Array.of(0xff, 0x61, 10), '"\\xffa\\x0a"'],
      [new Uint8Array(201).fill(0xff), `"${"\\xff".repeat(200)}"…`],
      [new Uint8Array(0), '""'],
    ] as const
  ) {
    assertEquals(
      failedError("x", payload).message,
      `Cannot complete "x": the remote peer answered with the error ${said}`,
    );
    if (said.includes("code")) continue;
    assertEquals(
      retryError("x", 5, payload).message,
      `Cannot complete "x": the remote peer requested a retry in 5 ms, ${said}`,
    );
  }
});
