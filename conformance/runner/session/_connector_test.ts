import { assertEquals } from "@std/assert";
import { AdapterError } from "../implementation.ts";
import { assertVerdict, HELLO, play } from "./testing/scripted_play.ts";
import { behave } from "./testing/scripted_implementation.ts";

Deno.test("a case errors if the implementation cannot be reached", async () => {
  const failing = () =>
    Promise.reject(new AdapterError("Cannot do it: no luck"));
  const over = "tcp";
  for (const command of ["listen", "connect"] as const) {
    const role = command === "listen" ? "acceptor" : "initiator";
    const verdict = await play([HELLO], behave, {
      over,
      role,
      answers: { [command]: failing },
    });
    assertVerdict(verdict, "errored", /^Cannot do it: no luck$/);
  }
  const stuck = { connect: () => new Promise<never>(() => {}) };
  assertVerdict(
    await play([HELLO], behave, {
      over,
      role: "initiator",
      answers: stuck,
      timeout: 100,
    }),
    "errored",
    /^Cannot wait for the connection of the implementation/,
  );
  const closed = {
    connect: () => ({
      connection: "c",
      state: "closed" as const,
      message: "refused",
      notes: [],
      heartbeats: [],
    }),
  };
  assertVerdict(
    await play([HELLO], behave, { over, role: "initiator", answers: closed }),
    "errored",
    /refused$/,
  );
});

Deno.test("the handle of an accepted connection comes from its listener", async () => {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const notify = (args: unknown) => {
    resolve(args);
    return {};
  };
  assertVerdict(
    await play([HELLO, { do: "notify", name: "a" }], behave, {
      over: "tcp",
      answers: { notify },
    }),
    "pass",
  );
  assertEquals(await promise, { connection: "connection", name: "a" });
});
