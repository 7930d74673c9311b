/**
 * Holds the shorter modules of pages to those whose place they take: to their
 * types, and to what they do with the same values. Messages of errors may differ,
 * and the shorter ones do not have the offset of a fault.
 *
 * @module
 */

import * as payloads from "../../codec/payload.ts";
import { ProtocolError } from "../../codec/protocol_error.ts";
import { ValidationError } from "../../codec/validation_error.ts";
import * as functions from "../../peer/checked_function.ts";
import * as contexts from "../../peer/context.ts";
import * as drains from "../../peer/drain_options.ts";
import * as handlers from "../../peer/handlers.ts";
import * as errorOptions from "../../peer/operation_error_options.ts";
import * as forms from "../../peer/operation_form.ts";
import { OperationError } from "../../peer/operation_error.ts";
import * as finals from "../../peer/reconnecting/final_failure.ts";
import { LEAST } from "../../peer/reconnecting/reconnect_numbers.ts";
import * as results from "../../peer/requestor/result_errors.ts";
import * as values from "../../peer/values.ts";
import * as bytes from "../../quoting/byte_source.ts";
import * as optionNames from "../../quoting/option_names.ts";
import * as quotes from "../../quoting/quote.ts";
import * as descriptions from "../../quoting/value.ts";
import * as waits from "../../transport/wait_options.ts";
import * as closes from "../../transport/websocket/web_socket_close_error.ts";
import { LEAN_MODULES } from "../../scripts/lean_modules.ts";
import { reconnect } from "../../browser.ts";
import * as pageOptionNames from "../option_names.ts";
import { assertEquals, assertThrows } from "@std/assert";
import * as leanBytes from "./byte_source.ts";
import * as leanFunctions from "./checked_function.ts";
import * as leanContexts from "./context.ts";
import * as leanDrains from "./drain_options.ts";
import * as leanFinals from "./final_failure.ts";
import * as leanHandlers from "./handlers.ts";
import * as leanErrorOptions from "./operation_error_options.ts";
import * as leanForms from "./operation_form.ts";
import * as leanOptionNames from "./option_names.ts";
import * as leanPageOptionNames from "./page_option_names.ts";
import * as leanPayloads from "./payload.ts";
import * as leanQuotes from "./quote.ts";
import * as leanResults from "./result_errors.ts";
import * as leanDescriptions from "./value.ts";
import * as leanValues from "./values.ts";
import * as leanWaits from "./wait_options.ts";
import * as leanCloses from "./web_socket_close_error.ts";

/** What a shorter module must be: each of its exports can take the place of the one of that name. */
type Of<Original, Lean> = Pick<Original, keyof Original & keyof Lean>;

/** What only servers call: what they are called by HTTP, and what the memory of parsed JSON is charged to. */
type ServersOnly = "operationForm" | "parses";

/** The names of the members of a class. */
type Members<Class extends { readonly prototype: unknown }> = Record<
  Exclude<keyof Class["prototype"], keyof Error | ServersOnly>,
  unknown
>;

// Checked by the compiler.
leanPayloads satisfies Of<typeof payloads, typeof leanPayloads>;
leanFunctions satisfies Of<typeof functions, typeof leanFunctions>;
leanDrains satisfies Of<typeof drains, typeof leanDrains>;
leanFinals satisfies Of<typeof finals, typeof leanFinals>;
leanErrorOptions satisfies Of<typeof errorOptions, typeof leanErrorOptions>;
leanOptionNames satisfies Of<typeof optionNames, typeof leanOptionNames>;
leanForms satisfies Of<typeof forms, typeof leanForms>;
leanQuotes satisfies Of<typeof quotes, typeof leanQuotes>;
leanBytes satisfies Of<typeof bytes, typeof leanBytes>;
leanDescriptions satisfies Of<typeof descriptions, typeof leanDescriptions>;
leanResults satisfies Of<typeof results, typeof leanResults>;
leanWaits satisfies Of<typeof waits, typeof leanWaits>;
leanHandlers.Handlers.prototype satisfies Members<typeof handlers.Handlers>;
leanContexts.RequestContext.prototype satisfies Members<
  typeof contexts.RequestContext
>;
leanCloses.WebSocketCloseError.prototype satisfies Members<
  typeof closes.WebSocketCloseError
>;

/** Pairs of modules: the original, and the shorter one. */
const MODULES: Readonly<Record<string, readonly [object, object]>> = {
  "codec/payload.ts": [payloads, leanPayloads],
  "peer/checked_function.ts": [functions, leanFunctions],
  "peer/context.ts": [contexts, leanContexts],
  "peer/drain_options.ts": [drains, leanDrains],
  "peer/handlers.ts": [handlers, leanHandlers],
  "page/option_names.ts": [pageOptionNames, leanPageOptionNames],
  "peer/operation_error_options.ts": [errorOptions, leanErrorOptions],
  "peer/operation_form.ts": [forms, leanForms],
  "peer/reconnecting/final_failure.ts": [finals, leanFinals],
  "peer/requestor/result_errors.ts": [results, leanResults],
  "peer/values.ts": [values, leanValues],
  "quoting/byte_source.ts": [bytes, leanBytes],
  "quoting/option_names.ts": [optionNames, leanOptionNames],
  "quoting/quote.ts": [quotes, leanQuotes],
  "quoting/value.ts": [descriptions, leanDescriptions],
  "transport/wait_options.ts": [waits, leanWaits],
  "transport/websocket/web_socket_close_error.ts": [closes, leanCloses],
};

/** What a function returns, or the class and the properties of what it throws. */
async function outcomeOf(run: () => unknown): Promise<unknown> {
  try {
    const returned = await run();
    return returned instanceof Error ? propertiesOf(returned) : { returned };
  } catch (error) {
    return { thrown: propertiesOf(error as Error) };
  }
}

function propertiesOf(error: Error): unknown {
  const { name, message: _, offset: _at, issues, ...others } = Object.assign(
    Object.create(null),
    { name: error.name },
    error,
  );
  // The issues of an error may repeat its message.
  return { name, issues: issues?.length, ...others, cause: undefined };
}

/** Asserts that a function of both modules does the same with each list of arguments. */
async function assertSame<Arguments extends unknown[]>(
  pair: readonly [
    (...values: Arguments) => unknown,
    (...values: Arguments) => unknown,
  ],
  calls: readonly NoInfer<Arguments>[],
): Promise<void> {
  for (const given of calls) {
    const [original, lean] = await Promise.all(
      pair.map((run) => outcomeOf(() => run(...given))),
    );
    assertEquals(lean, original, `${pair[0].name}: ${Deno.inspect(given)}`);
  }
}

class Point {
  x = 1;
  y = 2;
}

class Methods {
  run = () => {};
}

/** Values of all kinds that an application may pass. */
const VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0.5,
  NaN,
  Infinity,
  1n,
  "",
  "text",
  "\ud800",
  "\u0000\u202e\n",
  Symbol("x"),
  () => 1,
  [],
  [1, undefined, null],
  {},
  { a: { b: [1, "2"] } },
  { a: undefined },
  { toJSON: () => "json" },
  { toJSON: () => undefined },
  new Point(),
  new Methods(),
  new Date(0),
  new Map([[1, 2]]),
  new Set([1]),
  new Error("failed"),
  new Uint8Array(2),
  new Uint16Array(2).subarray(1),
  new DataView(new ArrayBuffer(3), 1),
  new ArrayBuffer(2),
  new SharedArrayBuffer(2),
  new AbortController(),
  new AbortController().signal,
  Promise.resolve(1),
  { [Symbol.asyncIterator]: () => [][Symbol.iterator]() },
  Object(1),
  Object("x"),
];

/** Payloads that a remote peer may send. */
const PAYLOADS = [
  "",
  " ",
  "1",
  '"text"',
  "\ufeff1",
  "null",
  "{}",
  '{"a":[1,2]}',
  '{"a":1} ',
  "{a:1}",
  "[1,]",
  "nul",
].map((text) => new TextEncoder().encode(text)).concat(
  Uint8Array.of(0xff),
  Uint8Array.of(0x22, 0xc3, 0x22),
);

Deno.test("the shorter modules are those that the script has, and have nothing that the others lack", () => {
  assertEquals(Object.keys(MODULES).sort(), [...LEAN_MODULES.keys()].sort());
  for (const [name, [original, lean]] of Object.entries(MODULES)) {
    const extra = Object.keys(lean).filter((each) => !(each in original));
    assertEquals(extra, [], name);
  }
});

Deno.test("payloads are encoded and decoded as everywhere", async () => {
  const context = { operation: "x" };
  for (const name of ["json", "text", "bytes"] as const) {
    const pair = [payloads[name], leanPayloads[name]] as const;
    const encode = pair.map((codec) => (value: unknown) =>
      codec.encode(value as never, context)
    );
    await assertSame(
      encode as unknown as [typeof encode[0], typeof encode[0]],
      VALUES.map((value) => [value]),
    );
    const decode = pair.map((codec) => (payload: Uint8Array<ArrayBuffer>) =>
      codec.decode(payload, context)
    );
    await assertSame(
      decode as unknown as [typeof decode[0], typeof decode[0]],
      PAYLOADS.map((payload) => [payload]),
    );
  }
});

Deno.test("bytes, functions, times and signals are taken and refused as everywhere", async () => {
  await assertSame(
    [bytes.bytesOf, leanBytes.bytesOf],
    VALUES.flatMap((value) => [[value, "send"], [value, "send", "x"]]),
  );
  await assertSame(
    [functions.checkedFunction, leanFunctions.checkedFunction],
    VALUES.map((value) => ["use it", value] as [string, unknown]),
  );
  await assertSame(
    [functions.checkedHandler, leanFunctions.checkedHandler],
    [
      ...VALUES.map((value) => ["x", value] as [string, unknown]),
      [null, () => {}],
      ["gotalk:x", () => {}],
      [1 as never, () => {}],
    ],
  );
  await assertSame(
    [waits.checkTime, leanWaits.checkTime],
    VALUES.map((value) => ["timeout", value]),
  );
  await assertSame(
    [waits.checkWaitOptions, leanWaits.checkWaitOptions],
    VALUES.flatMap((value) => [
      [{ timeout: value as number }],
      [{ signal: value as AbortSignal }],
    ]),
  );
  await assertSame(
    [drains.checkDrainOptions, leanDrains.checkDrainOptions],
    [[{}], [{ timeout: -1 }], [{ quiet: NaN }], [{ timeout: 1, quiet: 2 }]],
  );
  assertEquals(leanDrains.DEFAULT_QUIET, drains.DEFAULT_QUIET);
});

Deno.test("text is read and quoted as everywhere, for names that print", async () => {
  await assertSame(
    [quotes.utf8Text, leanQuotes.utf8Text],
    PAYLOADS.map((payload) => [payload]),
  );
  const names = ["", "greet", "Hello Ada", "ä"];
  for (const name of ["quoteText", "escapeUnprintable"] as const) {
    await assertSame(
      [quotes[name], leanQuotes[name]],
      names.map((text) => [text]),
    );
  }
  await assertSame(
    [quotes.quoteBytes, leanQuotes.quoteBytes],
    names.map((text) => [new TextEncoder().encode(text)]),
  );
  // Nothing that a terminal or a console obeys is left.
  for (const text of ["\u0000", "\u202e", "\n", "\ud800", "\u00a0"]) {
    assertEquals(/[^\x20-\x7e]/.test(leanQuotes.quoteText(text)), false);
  }
});

Deno.test("calls fail with the same errors as everywhere", async () => {
  const cause = new Error("why");
  await assertSame(
    [results.closedError, leanResults.closedError],
    [["x", "not-sent", cause], ["x", "unknown", undefined]],
  );
  await assertSame(
    [results.failedError, leanResults.failedError] as never,
    [...PAYLOADS, '{"error":"e","code":"c","data":1}', '{"error":1}', "plain"]
      .map((payload) => [
        "x",
        typeof payload === "string"
          ? new TextEncoder().encode(payload)
          : payload,
      ]),
  );
  await assertSame(
    [results.retryError, leanResults.retryError],
    PAYLOADS.map((payload) => ["x", 5, payload]),
  );
  const faults = [
    ["not-a-version", 1, "local"],
    ["unsupported-version", 1, "local"],
    ["bad-hex", 2, "local"],
    ["timeout", 3, "local"],
    ["reported", 0, "remote"],
    ["reported", 1, "remote"],
    ["reported", 2, "remote"],
  ] as const;
  await assertSame([finals.isFinalFailure, leanFinals.isFinalFailure], [
    [undefined],
    [new Error("failed")],
    [new RangeError("wrong")],
    [new TypeError("wrong")],
    [new OperationError("refused")],
    ...faults.map(([reason, code, side]) =>
      [
        new ProtocolError("fault", { reason, code, side }),
      ] as [unknown]
    ),
  ]);
});

Deno.test("reconnect() refuses the same numbers as everywhere", () => {
  for (const [name, least] of Object.entries(LEAST)) {
    for (const value of [least - 1, NaN, "1"]) {
      assertThrows(
        () => reconnect("ws://127.0.0.1:1", { [name]: value }),
        value === "1" ? TypeError : RangeError,
        name,
      );
    }
  }
});

Deno.test("values are encoded, iterated and left as everywhere", async () => {
  await assertSame(
    [values.encodeValue, leanValues.encodeValue],
    VALUES.map((value) => ["x", value]),
  );
  for (const { iteratorOf, leave } of [values, leanValues]) {
    const left: string[] = [];
    const failure = new Error("left");
    const yielding = function* () {
      try {
        yield 1;
        yield 2;
      } finally {
        left.push("generator");
      }
    };
    const iterator = iteratorOf("x", yielding());
    assertEquals(await iterator.next(), { done: false, value: 1 });
    await leave(iterator);
    const web = new ReadableStream({
      cancel() {
        left.push("stream");
        throw failure;
      },
    });
    const reading = iteratorOf("x", web);
    void reading.next();
    // What it throws is known to who wants it, and need not be handled.
    assertEquals(await leave(reading).catch((error) => error), failure);
    void leave(iteratorOf("x", web.constructor === Object ? [] : [1]));
    assertEquals(left, ["generator", "stream"]);
    for (const value of VALUES) {
      const isIterable = typeof Object(value)[Symbol.iterator] === "function" ||
        typeof Object(value)[Symbol.asyncIterator] === "function";
      if (isIterable) iteratorOf("x", value as never);
      else assertThrows(() => iteratorOf("x", value as never), TypeError);
    }
  }
});

Deno.test("values that are received end, fail and are validated as everywhere", async () => {
  const refusing = {
    "~standard": {
      version: 1,
      vendor: "test",
      validate: (value: unknown) =>
        value === 2 ? { issues: [{ message: "two" }] } : { value },
    },
  } as const;
  const streamOf = (parts: readonly string[]) =>
    ReadableStream.from(parts.map((part) => new TextEncoder().encode(part)));
  for (
    const [parts, schema] of [
      [["1", "3"], refusing],
      [["1", "2", "3"], refusing],
      [["1", "x"], undefined],
      [[], undefined],
    ] as const
  ) {
    const outcomes = [];
    for (const { readValues, callForValues } of [values, leanValues]) {
      const reading = {
        operation: "x",
        schema,
        what: "input",
        limits: undefined,
      } as const;
      const { signal } = new AbortController();
      const read = readValues(
        streamOf(parts) as ReadableStream<Uint8Array<ArrayBuffer>>,
        reading,
        { signal } as never,
      );
      const called = callForValues(
        "x",
        new Uint8Array(0),
        schema === undefined ? {} : { output: schema },
        undefined,
        () => ({
          readable: streamOf(parts) as ReadableStream<Uint8Array<ArrayBuffer>>,
          writable: new WritableStream(),
        }),
      );
      outcomes.push([
        await outcomeOf(() => Array.fromAsync(read)),
        await outcomeOf(() => Array.fromAsync(called)),
        await called.next(),
      ]);
    }
    assertEquals(outcomes[1], outcomes[0], String(parts));
  }
});

/** Sets handlers of every kind, and returns what runs of them return. */
async function handled(
  Class: typeof handlers.Handlers,
): Promise<unknown[]> {
  const { RequestContext, setStreamInput } = contexts;
  const noted: unknown[] = [];
  const base = new Class().handle("base", () => "base")
    .onOtherNotification(() => {});
  const set = new Class(base)
    .handle("double", (value: number) => value * 2)
    .handle("later", (value: number) => Promise.resolve(value))
    .handle("fails", () =>
      Promise.reject(
        new ValidationError("no", {
          code: "schema",
          side: "local",
        }),
      ))
    .handleText("text", (value) => value.toUpperCase())
    .handleBytes("bytes", (value) => value)
    .handleStream("parts", () => [])
    .handleStream("input", (_, { input }) => [
      new TextEncoder().encode(JSON.stringify(input)),
    ], { input: true })
    .handleValues("values", function* (input, { values: _ }) {
      yield input;
      yield 2;
    })
    .onNotification("note", (value) => void noted.push(value))
    .use(async (context, next) =>
      context.operation === "blocked" ? undefined : await next()
    );
  const context = (operation: string) =>
    new RequestContext({ auth: 1 } as never, operation as never);
  const payload = new TextEncoder().encode("21");
  const outcomes: unknown[] = [];
  for (
    const name of ["base", "double", "later", "fails", "text", "bytes", "none"]
  ) {
    const handler = set.findSingle(name);
    outcomes.push(
      handler && await outcomeOf(() => handler(payload, context(name))),
    );
  }
  for (const name of ["parts", "input", "values", "none"]) {
    outcomes.push(set.streamForm(name));
    const handler = set.findStream(name);
    if (handler === undefined) continue;
    const given = context(name);
    setStreamInput(given, payload);
    const output = await handler(
      new ReadableStream({
        start: (controller) => controller.close(),
      }),
      given,
    );
    outcomes.push(await Array.fromAsync(output as Iterable<Uint8Array>));
  }
  for (const name of ["note", "none"]) {
    const handler = set.findNotification(name);
    outcomes.push(await outcomeOf(() => handler?.(payload, context(name))));
  }
  for (const wrong of [undefined, 1, {}]) {
    outcomes.push(
      await outcomeOf(() => new Class().handle("x", wrong as never)),
      await outcomeOf(() => new Class().use(wrong as never)),
    );
  }
  return [...outcomes, noted];
}

Deno.test("handlers are found and run as everywhere", async () => {
  const { Handlers } = leanHandlers;
  assertEquals(
    await handled(Handlers as unknown as typeof handlers.Handlers),
    await handled(handlers.Handlers),
  );
});

Deno.test("a context has its input, its signal and its peer as everywhere", () => {
  for (const module of [contexts, leanContexts]) {
    const { RequestContext, setStreamInput, takeStreamInput, abortContext } =
      module as unknown as typeof contexts;
    const peer = { auth: 1, info: { transport: "websocket" } };
    const context = new RequestContext(peer as never, "x" as never);
    const input = new Uint8Array(1);
    setStreamInput(context, input);
    assertEquals(takeStreamInput(context), input);
    assertEquals(context.signal.aborted, false);
    abortContext(context, "reason");
    const { auth, info, operation, signal } = context;
    assertEquals([auth, info, operation, signal.reason], [
      1,
      peer.info,
      "x",
      "reason",
    ]);
  }
});

Deno.test("a WebSocket that ends has the same error as everywhere", () => {
  const status = { code: 4000, reason: "why" } as CloseEvent;
  const [one, other] = [closes, leanCloses].map(({ WebSocketCloseError }) =>
    propertiesOf(new WebSocketCloseError("The WebSocket is closed", status))
  );
  assertEquals(other, one);
});
