import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { circles, type Graph } from "./_circles.ts";

/** Reads `a>b a>c`: an arrow from `a` to `b`, and one from `a` to `c`. */
function graph(text: string): Graph {
  const arrows = new Map<string, string[]>();
  for (const arrow of text.split(" ")) {
    const [from = "", to = ""] = arrow.split(">");
    arrows.set(from, [...arrows.get(from) ?? [], to]);
  }
  return arrows;
}

const GRAPHS: readonly [arrows: string, found: string[]][] = [
  ["a>b b>c a>c", []],
  ["a>a", ["1: a>a"]],
  ["a>b b>a", ["2: a>b>a"]],
  ["a>b b>c c>d d>a", ["4: a>b>c>d>a"]],
  // Of two circles through the same arrow, the shorter one is reported.
  ["a>b b>c c>d d>a c>b", ["4: b>c>b"]],
  // Circles apart from each other are two, also where an arrow joins them.
  ["a>b b>a b>c c>d d>c", ["2: a>b>a", "2: c>d>c"]],
  // What only leads into a circle, or out of it, is no part of it.
  ["x>a a>b b>a b>y", ["2: a>b>a"]],
];

for (const [arrows, expected] of GRAPHS) {
  Deno.test(`circles of ${arrows}`, () => {
    assertEquals(
      circles(graph(arrows)).map(({ size, shortest }) =>
        `${size}: ${shortest.join(">")}`
      ),
      expected,
    );
  });
}

Deno.test("a graph has a circle exactly if it cannot be taken apart from its ends", () => {
  const node = fc.integer({ min: 0, max: 9 }).map(String);
  fc.assert(
    fc.property(fc.array(fc.tuple(node, node), { minLength: 1 }), (arrows) => {
      let left = arrows;
      for (let before = -1; before !== left.length;) {
        before = left.length;
        left = left.filter(([, to]) => left.some(([from]) => from === to));
      }
      const text = arrows.map(([from, to]) => `${from}>${to}`).join(" ");
      const found = circles(graph(text));
      assertEquals(found.length > 0, left.length > 0);
      for (const { shortest } of found) {
        shortest.slice(1).forEach((to, at) => {
          const from = shortest[at];
          assertEquals(arrows.some(([a, b]) => a === from && b === to), true);
        });
      }
    }),
  );
});
