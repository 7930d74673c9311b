import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { dial, withAbortHandler } from "./dial.ts";

const ADDRESS = "tcp://example.test:1";

class FakeConn implements Disposable {
  readonly #closed = Promise.withResolvers<void>();
  readonly closed: Promise<void> = this.#closed.promise;

  [Symbol.dispose](): void {
    this.#closed.resolve();
  }
}

Deno.test("dial() returns the opened connection", async () => {
  const conn = new FakeConn();
  assertStrictEquals(
    await dial(ADDRESS, {}, () => Promise.resolve(conn)),
    conn,
  );
});

Deno.test("dial() names the address and the cause of a failure", async () => {
  const cause = new Deno.errors.ConnectionRefused("refused");
  const error = await assertRejects(
    () => dial(ADDRESS, {}, () => Promise.reject(cause)),
    Error,
    `Cannot connect to ${ADDRESS}: refused`,
  );
  assertStrictEquals((error as Error).cause, cause);
});

Deno.test("dial() does not open a connection if the signal is aborted", async () => {
  const reason = new Error("not wanted");
  let begun = false;
  const dialling = dial(ADDRESS, { signal: AbortSignal.abort(reason) }, () => {
    begun = true;
    return Promise.resolve(new FakeConn());
  });
  assertStrictEquals(await assertRejects(() => dialling), reason);
  assert(!begun);
});

Deno.test("dial() rejects with the reason of the signal, and closes a connection that opens late", async () => {
  const reason = new Error("not wanted any more");
  const controller = new AbortController();
  const late = Promise.withResolvers<FakeConn>();
  let given: AbortSignal | undefined;
  const dialling = dial(ADDRESS, { signal: controller.signal }, (signal) => {
    given = signal;
    return late.promise;
  });
  controller.abort(reason);
  assertStrictEquals(await assertRejects(() => dialling), reason);
  assert(given!.aborted);
  const conn = new FakeConn();
  late.resolve(conn);
  await conn.closed;
});

Deno.test("dial() rejects after its timeout, and closes a connection that opens late", async () => {
  const late = Promise.withResolvers<FakeConn>();
  await assertRejects(
    () => dial(ADDRESS, { connectTimeout: 1 }, () => late.promise),
    Error,
    `Cannot connect to ${ADDRESS}: not connected within 1 ms`,
  );
  const conn = new FakeConn();
  late.resolve(conn);
  await conn.closed;
});

for (const connectTimeout of [Infinity, 2 ** 40]) {
  Deno.test(`dial() waits if its timeout is ${connectTimeout}`, async () => {
    const late = Promise.withResolvers<FakeConn>();
    const dialing = dial(ADDRESS, { connectTimeout }, () => late.promise);
    await new Promise((resolve) => setTimeout(resolve, 5));
    const conn = new FakeConn();
    late.resolve(conn);
    assertEquals(await dialing, conn);
  });
}

Deno.test("dial() handles a failure after its timeout", async () => {
  const late = Promise.withResolvers<FakeConn>();
  await assertRejects(() =>
    dial(ADDRESS, { connectTimeout: 1 }, () => late.promise)
  );
  // Unobserved, it would end the test.
  late.reject(new Error("too late"));
  await late.promise.catch(() => {});
});

Deno.test("dial() ignores the signal once the connection is open", async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const conn = await dial(
    ADDRESS,
    { signal },
    () => Promise.resolve(new FakeConn()),
  );
  let closed = false;
  conn.closed.then(() => closed = true);
  controller.abort();
  await Promise.resolve();
  assert(!closed);
});

Deno.test("dial() quotes a failure that is not an Error", async () => {
  await assertRejects(
    () => dial(ADDRESS, {}, () => Promise.reject("no luck")),
    Error,
    `Cannot connect to ${ADDRESS}: no luck`,
  );
});

Deno.test("withAbortHandler() calls the handler only while it works", async () => {
  const calls: string[] = [];
  const aborted = AbortSignal.abort();
  const early = await withAbortHandler(
    aborted,
    () => calls.push("early"),
    () => Promise.resolve("done"),
  );
  assertStrictEquals(early, "done");

  const controller = new AbortController();
  await withAbortHandler(
    controller.signal,
    () => calls.push("late"),
    () => Promise.resolve(),
  );
  controller.abort();
  assertStrictEquals(calls.join(), "early");
});
