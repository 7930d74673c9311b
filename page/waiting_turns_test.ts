/** Calls of a page that wait for their turn, because as many as allowed are pending. */
import { assertEquals } from "@std/assert";
import { settled, VirtualClock } from "../peer/testing/virtual_clock.ts";
import type { Line } from "./_line.ts";
import { Requests } from "./_requests.ts";
import { PAGE_LIMITS } from "./options.ts";

const NOTHING = new Uint8Array(0);

/** Makes calls of one line, of which one at a time is pending; `sent` has their operations. */
function oneAtATime() {
  const sent: string[] = [];
  const clock = new VirtualClock();
  const line = {
    clock,
    limits: { ...PAGE_LIMITS, maxPendingRequests: 1, maxPendingStreams: 1 },
    isHandling: false,
    settled() {},
    unread: 0,
    unreadParts: new Set(),
    send(letter: string, _: string, operation: string) {
      if (operation === "wrong") throw new TypeError("wrong");
      if (letter === "r" || letter === "s") sent.push(operation);
    },
  };
  const requests = new Requests(line as unknown as Line, false);
  const call = (
    operation: string,
    options: { signal?: AbortSignal; timeout?: number } = {},
  ) => {
    const answer = requests.single(operation, NOTHING, options);
    return answer.then(() => "answered", ({ name }: Error) => name);
  };
  return { call, clock, requests, sent };
}

/** Enough calls to overflow the stack if each called the next. */
const MANY = 5_000;

Deno.test("a call proceeds however many before it were left, or cannot be sent", async () => {
  const { call, clock, requests, sent } = oneAtATime();
  const first = call("first");
  const controllers = Array.from(
    { length: MANY },
    () => new AbortController(),
  );
  const left = controllers.map(({ signal }) => call("left", { signal }));
  const late = Array.from({ length: 100 }, () => call("late", { timeout: 9 }));
  const wrong = Array.from({ length: MANY }, () => call("wrong"));
  const last = call("last");
  for (const controller of controllers) controller.abort();
  await clock.advance(9);
  assertEquals(new Set(await Promise.all(left)), new Set(["AbortError"]));
  assertEquals(new Set(await Promise.all(late)), new Set(["TimeoutError"]));
  assertEquals(sent, ["first"]);
  requests.answer("R", "0000", NOTHING, 0);
  assertEquals(await first, "answered");
  assertEquals(new Set(await Promise.all(wrong)), new Set(["TypeError"]));
  assertEquals(sent, ["first", "last"]);
  const [id] = requests.pending.keys();
  requests.answer("R", id!, NOTHING, 0);
  assertEquals(await last, "answered");
  assertEquals([clock.timers, requests.calls.size], [0, 0]);
});

Deno.test("a call whose time is over frees its place, whether it was sent or not", async () => {
  const { call, clock, requests, sent } = oneAtATime();
  for (let n = 0; n < 3; n++) {
    const calls = ["sent", "waits", "waits"]
      .map((operation, at) => call(operation, { timeout: 10 - at }));
    const next = call("next");
    await clock.advance(10);
    assertEquals(await Promise.all(calls), calls.map(() => "TimeoutError"));
    assertEquals(sent.splice(0), ["sent", "next"]);
    const [id] = [...requests.pending.keys()].slice(-1);
    requests.answer("R", id!, NOTHING, 0);
    assertEquals(await next, "answered");
  }
});

Deno.test("streams take turns like single requests", async () => {
  const { requests, sent } = oneAtATime();
  const { signal, abort } = abortable();
  const open = (operation: string, signal?: AbortSignal) => {
    const options = { input: 1, ...signal && { signal } };
    const { readable, writable } = requests.stream(operation, options);
    writable.getWriter().closed.catch(() => {});
    return readable.getReader().read().catch(({ name }: Error) => name);
  };
  const first = open("first");
  const left = Array.from({ length: 3 }, () => open("left", signal));
  const last = open("last");
  await settled();
  abort();
  assertEquals(await Promise.all(left), left.map(() => "AbortError"));
  requests.answer("S", "0000", NOTHING, 0);
  await first;
  await settled();
  assertEquals(sent, ["first", "last"]);
  requests.answer("S", "0001", NOTHING, 0);
  await last;
});

/** A signal, and what aborts it. */
function abortable(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
