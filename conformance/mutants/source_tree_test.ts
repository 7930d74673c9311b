import { assertEquals, assertThrows } from "@std/assert";
import type { Edit } from "./mutant.ts";
import { SourceTree } from "./source_tree.ts";

const A = `/** A module. */

import { b } from "./b.ts";

const DIGITS = "0123";

const VALUES = new Map();
for (const digit of DIGITS) {
  VALUES.set(digit, 1);
}

/** A class. */
export class Sender {
  readonly #link: Link;

  /** Sends. */
  send(
    id: number,
    payload: Uint8Array,
  ): void {
    this.#link.send({ kind: "SingleResult", id, payload });
  }

  get #size(): number {
    return 1;
  }

  async stop(): Promise<void> {
    await this.#link.close(
      1000,
      "done",
    );
  }
}

export function twice(value: number): number {
  return value + value;
}
`;

const B = `export const DIGITS = "abcd";

export function send(): void {
  twice(1);
}
`;

function tree(): SourceTree {
  return new SourceTree(new Map([["a.ts", A], ["b.ts", B]]));
}

/** The lines of a file that an edit adds. */
function added(edit: Edit, path = "a.ts"): string[] {
  const source = tree();
  const before = new Set(source.files.get(path)!.split("\n"));
  source.apply(edit);
  return source.files.get(path)!.split("\n").filter((line) =>
    !before.has(line)
  );
}

Deno.test("SourceTree.apply replaces text within a function, a member or a constant", () => {
  assertEquals(
    added({ in: "twice", from: "value + value", to: "value" }),
    ["  return value;"],
  );
  assertEquals(
    added({ in: "Sender.#size", from: "1", to: "2" }),
    ["    return 2;"],
  );
  assertEquals(
    added({ in: "DIGITS", from: '"abcd"', to: '"ABCD"' }, "b.ts"),
    ['export const DIGITS = "ABCD";'],
  );
});

Deno.test("SourceTree.apply takes a loop behind a constant for a part of it", () => {
  assertEquals(
    added({ in: "VALUES", from: "VALUES.set(digit, 1)", to: "VALUES.clear()" }),
    ["  VALUES.clear();"],
  );
});

Deno.test("SourceTree.apply matches an anchor however it is wrapped", () => {
  assertEquals(
    added({
      in: "Sender.stop",
      from: '$link.close(1000, "done");',
      to: "$link;",
    }),
    ["    await this.#link;"],
  );
});

Deno.test("SourceTree.apply fills in what a word with a dollar sign has matched", () => {
  assertEquals(
    added({ in: "Sender", from: "this.$link.send({", to: "this.$link.drop({" }),
    ['    this.#link.drop({ kind: "SingleResult", id, payload });'],
  );
});

Deno.test("SourceTree.apply inserts text at the beginning of a body", () => {
  assertEquals(added({ in: "Sender.send", first: "if (id) return;" }), [
    "    if (id) return;",
  ]);
  const source = tree();
  source.apply({ in: "twice", first: "value++;" });
  assertEquals(
    source.files.get("a.ts")!.includes("number {\n    value++;\n  return"),
    true,
  );
});

Deno.test("SourceTree.copy is changed apart from the original", () => {
  const source = tree();
  source.copy().apply({ in: "twice", first: "value++;" });
  assertEquals(source.files.get("a.ts"), A);
});

Deno.test("SourceTree.apply names what comes nearest to what it does not find", () => {
  const cases: [Edit, string][] = [
    [
      { in: "Sender.#length", first: "" },
      "Sender.#length is not declared; the nearest symbols are Sender.#link, Sender.send, ",
    ],
    [
      { in: "twise", first: "" },
      "twise is not declared; the nearest symbols are twice, ",
    ],
    [
      { in: "twice", from: "value * value", to: "" },
      'twice in a.ts has no "value * value"; the nearest line is return value + value;',
    ],
    [
      { in: "twice", from: "twice(1)", to: "" },
      'twice in a.ts has no "twice(1)"; it stands in send in b.ts',
    ],
    [
      { in: "twice", from: "number", to: "" },
      'twice in a.ts has "number" 2 times, wanted once',
    ],
    [
      { in: "DIGITS", first: "" },
      "DIGITS in a.ts and b.ts has 0 bodies, wanted one",
    ],
    [
      { in: "twice", first: "this.#gone;" },
      '"\\n    this.#gone;" uses #gone, which a.ts does not have',
    ],
  ];
  for (const [edit, message] of cases) {
    assertThrows(() => tree().apply(edit), Error, message);
  }
});
