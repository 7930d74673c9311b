import { assertEquals } from "@std/assert";
import { CallQueue } from "./_call_queue.ts";

interface Call {
  readonly name: string;
  isQueued: boolean;
}

function call(name: string | number): Call {
  return { name: String(name), isQueued: false };
}

/** Takes all calls, and returns their names. */
function takeAll(queue: CallQueue<Call>): string[] {
  const names = [];
  for (let next; (next = queue.shift()) !== undefined;) names.push(next.name);
  return names;
}

Deno.test("a queue returns its calls in order, those that repeat their requests first", () => {
  const queue = new CallQueue<Call>();
  assertEquals(queue.shift(), undefined);
  queue.add(call("a"));
  queue.addRepeated(call("b"));
  queue.add(call("c"));
  queue.addRepeated(call("d"));
  assertEquals(queue.size, 4);
  assertEquals(queue.values().map(({ name }) => name), ["b", "d", "a", "c"]);
  assertEquals(takeAll(queue), ["b", "d", "a", "c"]);
  assertEquals(queue.size, 0);
});

Deno.test("calls that were removed are not returned, and the others keep their order", () => {
  for (const count of [10, 1_000]) {
    const queue = new CallQueue<Call>();
    const repeated = Array.from({ length: count }, (_, n) => call(`r${n}`));
    const others = Array.from({ length: count }, (_, n) => call(n));
    for (const each of repeated) queue.addRepeated(each);
    for (const each of others) queue.add(each);
    const kept = [repeated[0]!, repeated[count - 1]!, others[1]!, others[5]!];
    for (const each of [...repeated, ...others]) {
      if (!kept.includes(each)) queue.delete(each);
    }
    queue.add(call("last"));
    const names = [...kept.map(({ name }) => name), "last"];
    assertEquals(queue.size, names.length);
    assertEquals(queue.values().map(({ name }) => name), names);
    assertEquals(takeAll(queue), names);
    assertEquals(queue.size, 0);
  }
});

Deno.test("calls can be added and removed while others are taken", () => {
  const queue = new CallQueue<Call>();
  const taken: string[] = [];
  const expected: string[] = [];
  for (let n = 0; n < 2_000; n++) {
    const each = call(n);
    queue.add(each);
    if (n % 3 === 0) queue.delete(each);
    else expected.push(each.name);
    if (n > 200 && n % 2 === 0) taken.push(queue.shift()!.name);
  }
  assertEquals([...taken, ...takeAll(queue)], expected);
});
