import { assertEquals, assertThrows } from "@std/assert";
import { json } from "./payload.ts";
import { ValidationError } from "./validation_error.ts";

/** What JSON cannot hold, and what the message says of it. */
const REFUSED: readonly [name: string, make: () => unknown, says: string][] = [
  ["a Uint8Array", () => new Uint8Array(2), "got a Uint8Array, wanted text"],
  ["a Float64Array", () => new Float64Array(2), "got a Float64Array"],
  ["a DataView", () => new DataView(new ArrayBuffer(1)), "got a DataView"],
  ["an ArrayBuffer", () => new ArrayBuffer(2), "got an ArrayBuffer"],
  [
    "a SharedArrayBuffer",
    () => new SharedArrayBuffer(2),
    "got a SharedArrayBuffer",
  ],
  ["a Map", () => new Map([["a", 1]]), "got a Map, wanted an object"],
  ["an empty Map", () => new Map(), "got a Map"],
  ["a Set", () => new Set([1]), "got a Set, wanted an array"],
  ["a WeakMap", () => new WeakMap(), "got a WeakMap"],
  ["a promise", () => Promise.resolve(1), "got a Promise, wanted what"],
  ["a thenable", () => new Query(), "got a Query"],
  [
    "a plain thenable",
    () => ({ then: () => {} }),
    "got an object, wanted what",
  ],
  [
    "a plain thenable with fields",
    () => ({ id: 1, then: () => {} }),
    "got an object, wanted what it resolves to",
  ],
  [
    "a plain iterable",
    () => ({ [Symbol.iterator]: numbers }),
    "got an object, wanted an array",
  ],
  [
    "a plain iterator",
    () => ({ next() {}, [Symbol.iterator]: numbers }),
    "got an object, wanted an array",
  ],
  [
    "a plain async iterable",
    () => ({ [Symbol.asyncIterator]: later }),
    "got an object, wanted an array, or a stream request",
  ],
  ["a Blob", () => new Blob(["x"]), "got a Blob, wanted its contents"],
  ["a File", () => new File(["x"], "x"), "got a File, wanted its contents"],
  [
    "a FormData",
    () => new FormData(),
    "got a FormData, wanted an object, such as Object.fromEntries(form)",
  ],
  [
    "a Headers",
    () => new Headers({ a: "1" }),
    "got a Headers, wanted an object, such as Object.fromEntries(headers)",
  ],
  [
    "a URLSearchParams",
    () => new URLSearchParams("a=1"),
    "got a URLSearchParams, wanted its text, such as String(params), or an",
  ],
  ["a Response", () => new Response("x"), "got a Response, wanted its"],
  ["a Request", () => new Request("http://a/"), "got a Request, wanted its"],
  ["Headers", () => new Headers({ a: "b" }), "got a Headers"],
  ["FormData", () => new FormData(), "got a FormData"],
  ["URLSearchParams", () => new URLSearchParams("a=b"), "got a URLSearch"],
  ["a ReadableStream", () => new ReadableStream(), "wanted an array, or a str"],
  ["a WritableStream", () => new WritableStream(), "got a WritableStream"],
  ["a generator", () => numbers(), "wanted an array"],
  ["an async generator", () => later(), "wanted an array, or a stream request"],
  ["an iterator", () => [1].values(), "wanted an array"],
  ["an iterator helper", () => [1].values().map(String), "wanted an array"],
  ["an iterable", () => new Bag(), "got a Bag, wanted an array"],
  ["an Error", () => new Error("x"), "got an Error, wanted its message"],
  ["an error with a code", () => withCode(), "got a TypeError, wanted its"],
  ["a DOMException", () => new DOMException("x"), "got a DOMException"],
  ["a RegExp", () => /x/, "got a RegExp"],
  ["an AbortSignal", () => AbortSignal.abort(), "got an AbortSignal"],
];

function* numbers() {
  yield 1;
}

async function* later() {
  yield await 1;
}

function withCode(): Error {
  return Object.assign(new TypeError("x"), { code: "ENOENT" });
}

/** As query builders are: awaited, with fields. */
class Query {
  table = "users";
  get then() {
    return () => {};
  }
}

class Bag {
  #items = [1, 2];
  [Symbol.iterator]() {
    return this.#items.values();
  }
}

class Point {
  x = 1;
  y = 2;
  get length() {
    return Math.hypot(this.x, this.y);
  }
}

class Money {
  #cents = 150;
  toJSON() {
    return { cents: this.#cents };
  }
}

class Empty {}

for (const [name, make, says] of REFUSED) {
  Deno.test(`JSON is not made of ${name}, wherever it is`, () => {
    const values: [value: unknown, where: string][] = [
      [make(), ""],
      [{ a: { b: [1, make()] } }, " at a.b.1"],
      [Object.assign(new Point(), { x: make() }), " at x"],
      [[{ toJSON: () => ({ c: make() }) }], " at 0.c"],
    ];
    for (const [value, where] of values) {
      const error = assertThrows(
        () => json.encode(value, { operation: "f" }),
        ValidationError,
        'Cannot encode the payload of "f": got a',
      );
      const { message, code, side, issues } = error as ValidationError;
      assertEquals([code, side], ["json", "local"]);
      assertEquals([message.includes(says), message.endsWith(where)], [
        true,
        true,
      ], message);
      assertEquals(
        issues[0]!.path,
        where === "" ? [] : where.slice(4).split("."),
      );
    }
  });
}

Deno.test("JSON is made of what it can hold, as JSON.stringify does", () => {
  const shared = { a: 1 };
  const values = [
    null,
    { a: undefined, b: [undefined], c: NaN, d: [-Infinity], e: -0 },
    { f() {}, g: Symbol("x"), h: [() => {}] },
    new Date(0),
    { at: new Date(NaN), link: new URL("http://a/b") },
    [new Point(), new Money(), new Empty(), Object.create(null)],
    { toJSON: () => "own" },
    { map: { toJSON: () => [...new Map([["a", 1]])] } },
    Object.assign(new Map(), { toJSON: () => [] }),
    [new String("x"), new Number(1), new Boolean(false)],
    Object(new String("")),
    class extends Array {}.from([1, 2]),
    [shared, shared, { shared }],
    new Proxy({ a: [1] }, {}),
    { ["__proto__"]: 1, "a.b": { "": 2 } },
  ];
  for (const value of values) {
    assertEquals(
      new TextDecoder().decode(json.encode(value)),
      JSON.stringify(value),
    );
  }
});

Deno.test("JSON that is nested deeper than the quick search goes is written", () => {
  let value: unknown = 1;
  for (let depth = 0; depth < 3_000; depth++) value = [value];
  assertEquals(json.encode(value).byteLength, 6_001);
});

Deno.test("JSON of a getter that fails the second time is written", () => {
  let reads = 0;
  const value = {
    get a() {
      if (++reads > 1) throw new Error("once only");
      return 1;
    },
  };
  assertEquals(json.encode(value).byteLength, 7);
});

Deno.test("a value that JSON.stringify refuses is refused with its reason", () => {
  const circle: { self?: unknown } = {};
  circle.self = circle;
  const broken = {
    get a() {
      throw new Error("boom");
    },
  };
  const reasons: [value: unknown, reason: string][] = [
    [1n, "no JSON form (Do not know how to serialize a BigInt), wanted"],
    [circle, "no JSON form (Converting circular structure to JSON), wanted"],
    [{ toJSON: () => 1n }, "no JSON form (Do not know how"],
    [broken, "no JSON form (boom), wanted a value that JSON can hold"],
    [() => 1, "got a function, wanted a value that JSON can hold"],
  ];
  for (const [value, reason] of reasons) {
    assertThrows(() => json.encode(value), ValidationError, reason);
  }
});

Deno.test("what JSON.stringify fails at has a path", () => {
  const inner: Record<string, unknown> = { b: 1 };
  const circle = { a: [inner] };
  inner.c = circle;
  const fail = () => {
    throw new Error("boom");
  };
  const values: [value: unknown, path: string[]][] = [
    [1n, []],
    [{ a: 1, b: [0, { c: 1n }] }, ["b", "1", "c"]],
    [{ a: BigInt64Array.of(1n) }, ["a", "0"]],
    [circle, ["a", "0", "c"]],
    [{
      a: {
        b: 1,
        get c() {
          return fail();
        },
      },
    }, ["a", "c"]],
    [{ a: [{ toJSON: fail }] }, ["a", "0"]],
    [{ a: { toJSON: () => ({ b: 1n }) } }, ["a", "b"]],
    [{ "a\n": 1n }, ["a\n"]],
  ];
  let deep: unknown = 1n;
  for (let depth = 0; depth < 1_000; depth++) deep = [deep];
  values.push([deep, Array(64).fill("0")]);
  let isBroken = true;
  values.push([{
    get a() {
      if (!isBroken) return 1;
      isBroken = false;
      return fail();
    },
  }, []]);
  // As of text that is too long for the engine.
  values.push([{
    a: {
      toJSON() {
        throw new RangeError("Invalid string length");
      },
    },
  }, []]);
  for (const [value, path] of values) {
    const error = assertThrows(() => json.encode(value), ValidationError);
    const { issues, message } = error as ValidationError;
    assertEquals(issues[0]!.path, path);
    const where = path.join(".").replace("\n", "\\x0a");
    const what = where === "" ? "the value" : `the value at ${where}`;
    assertEquals(
      message.startsWith(`Cannot encode the payload: ${what} has no JSON form`),
      true,
      message,
    );
  }
});
