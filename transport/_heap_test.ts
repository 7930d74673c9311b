import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { Heap } from "./_heap.ts";

Deno.test("property: items are taken by rank, and in the order of their addition among equals", () => {
  fc.assert(
    fc.property(
      // A number adds an item of that rank, `undefined` takes one.
      fc.array(fc.option(fc.integer({ min: 0, max: 5 }), { nil: undefined })),
      (steps) => {
        const heap = new Heap<number>();
        const model: { rank: number; item: number }[] = [];
        for (const [item, rank] of steps.entries()) {
          if (rank !== undefined) {
            heap.add(rank, item);
            model.push({ rank, item });
            model.sort((a, b) => a.rank - b.rank || a.item - b.item);
          } else {
            const { rank, item } = heap.take() ?? {};
            assertEquals({ rank, item }, {
              rank: undefined,
              item: undefined,
              ...model.shift(),
            });
          }
          assertEquals(heap.size, model.length);
        }
      },
    ),
  );
});
