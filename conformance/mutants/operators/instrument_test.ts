import { assertEquals } from "@std/assert";
import { instrument } from "./instrument.ts";

/** The changes in a function with this body, as operator and source after. */
function changes(body: string): string[] {
  const { points } = instrument(
    "a.ts",
    `function f() {\n${body}\n}\n`,
    0,
    "./s.ts",
  );
  return points.map(({ operator, after }) => `${operator} ${after}`);
}

Deno.test("instrument makes the mutants of each operator", () => {
  const cases: [string, string[]][] = [
    ["if (a < b) g();", ["negate !(a < b)", "boundary a <= b", "drop "]],
    ["if (!a) throw b;", ["negate !(!a)", "drop "]],
    ["return a >= b;", ["return !(a >= b)", "boundary a > b"]],
    ["return a;", ["return undefined"]],
    ["return undefined;", []],
    ["return;", ["drop "]],
    ["const x = a === b && c;", ["logic (a === b) || (c)", "negate a !== b"]],
    ["const x = a + 2;", ["arithmetic a - 2", "constant 2 + 1"]],
    ['const x = "a" + b;', ['text ""']],
    ["a += b;", ["drop ", "arithmetic a -= b"]],
    ["a++;", ["drop ", "arithmetic a--"]],
    ["g(a, b);", ["drop ", "argument b, a"]],
    ["Math.max(a, b);", ["drop "]],
    ["const x = Math.min(a, b);", []],
    ["g(a, () => b);", ["drop ", "return undefined"]],
    ["const x = a.length;", ["length a.length - 1"]],
    ["a.length = b;", ["drop "]],
    ["const x = a?.size();", []],
    ["const x = true;", ["boolean false"]],
    ['throw new RangeError("no");', ["drop "]],
    ['const x: "a" = b as 1;', []],
    ["while (a) { break; }", ["negate !(a)", "drop "]],
  ];
  for (const [body, expected] of cases) {
    assertEquals(changes(body), expected, body);
  }
});

/** Runs a function of an instrumented module with one mutant on; returns the result and what is reached. */
function run(
  source: string,
  on: number,
  args: readonly unknown[],
): { readonly result: unknown; readonly reached: readonly number[] } {
  const { text } = instrument("a.ts", source, 0, "./s.ts");
  const reached = new Set<number>();
  const mutant = (number: number) => {
    reached.add(number);
    return number === on;
  };
  const body = text.replace(/^import.*\n/, "");
  const result = new Function(
    "__mutant",
    "args",
    `${body}\nreturn f(...args);`,
  )(
    mutant,
    args,
  );
  return { result, reached: [...reached].sort((a, b) => a - b) };
}

const SOURCE = `function f(list, least) {
  let sum = 0;
  for (const each of list) {
    if (each < least) continue;
    else sum += each * 2;
  }
  return Math.pow(sum, list.length);
}
`;

Deno.test("an instrumented module does the same while no mutant is on", () => {
  const { result, reached } = run(SOURCE, -1, [[1, 2, 3], 2]);
  assertEquals(result, 1000);
  const { points } = instrument("a.ts", SOURCE, 0, "./s.ts");
  assertEquals(reached, [...points.keys()]);
});

Deno.test("each switch makes its mutant, and no other", () => {
  const { points } = instrument("a.ts", SOURCE, 0, "./s.ts");
  const results = points.map(({ operator, before }, number) =>
    `${operator} ${before}: ${run(SOURCE, number, [[1, 2, 3], 2]).result}`
  );
  assertEquals(
    results,
    [
      "constant 0: 1331",
      "negate each < least: 8",
      "boundary each < least: 216",
      "drop continue;: 1000",
      "drop sum += each * 2;: 0",
      "arithmetic sum += each * 2: -1000",
      "arithmetic each * 2: 15.625",
      "constant 2: 3375",
      "return Math.pow(sum, list.length): undefined",
      "argument sum, list.length: 59049",
      "length list.length: 100",
    ],
  );
});

Deno.test("identifiers stay when lines are added elsewhere, and differ", () => {
  const ids = (source: string) =>
    instrument("a.ts", source, 0, "./s.ts").points.map(({ id }) => id);
  const before = ids(SOURCE);
  assertEquals(new Set(before).size, before.length);
  assertEquals(ids(`const x = 1;\n${SOURCE}`).slice(1), before);
});

Deno.test("a file without code that runs stays as it is", () => {
  const text = 'export type A = "a" | 1;\nexport interface B { c: true }\n';
  assertEquals(instrument("a.ts", text, 0, "./s.ts"), { text, points: [] });
});
