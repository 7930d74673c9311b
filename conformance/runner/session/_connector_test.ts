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

Deno.test("all connections of a case come from one listener, so that one can hold up the others", async () => {
  const commands: unknown[] = [];
  assertVerdict(
    await play([HELLO, { alive: {} }, { do: "notify", name: "a" }], behave, {
      over: "tcp",
      fields: { bystander: true },
      answers: {
        report: (args) => {
          commands.push(args);
          return { connections: ["bystander", "connection", "alive"] };
        },
        notify: (args) => {
          commands.push(args);
          return {};
        },
      },
      prepare(implementation) {
        const ask = implementation.ask.bind(implementation);
        implementation.ask = (command, args) => {
          if (command === "listen") commands.push(command);
          return ask(command, args);
        };
      },
    }),
    "pass",
  );
  assertEquals(commands, [
    "listen",
    { listener: "listener-1", connections: 2, timeout: 2000 },
    { connection: "connection", name: "a" },
  ]);
});
