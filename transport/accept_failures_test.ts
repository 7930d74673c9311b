import { assertEquals } from "@std/assert";
import {
  AcceptFailures,
  isConnectionFailure,
  isLostConnection,
} from "./accept_failures.ts";

/** An error as the runtime makes it. */
function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}

Deno.test("failures of one connection are told from those of the listener", () => {
  const failures: [error: unknown, ofConnection: boolean, lost: boolean][] = [
    [new Deno.errors.NotConnected(), true, true],
    [new Deno.errors.ConnectionAborted(), true, true],
    [new Deno.errors.ConnectionReset(), true, true],
    [new Deno.errors.ConnectionRefused(), true, false],
    [new Deno.errors.InvalidData("received corrupt message"), true, false],
    [new Deno.errors.UnexpectedEof(), true, true],
    [systemError("EPROTO"), true, false],
    [systemError("ENETUNREACH"), true, false],
    [new Error("outer", { cause: systemError("EPERM") }), true, false],
    [new Error("", { cause: new Deno.errors.NotConnected() }), true, true],
    [systemError("EMFILE"), false, false],
    [systemError("ENFILE"), false, false],
    [systemError("ENOBUFS"), false, false],
    [systemError("ENOMEM"), false, false],
    [new Deno.errors.BadResource(), false, false],
    [new Error("unknown"), false, false],
    ["no error", false, false],
    [undefined, false, false],
  ];
  for (const [error, ofConnection, lost] of failures) {
    assertEquals(isConnectionFailure(error), ofConnection, `${error}`);
    assertEquals(isLostConnection(error), lost, `${error}`);
  }
  const circle = new Error("circle");
  circle.cause = circle;
  assertEquals(isConnectionFailure(circle), false);
});

Deno.test("accepting goes on at once after failures of connections, and pauses for a millisecond after 16", () => {
  const failures = new AcceptFailures();
  const reset = new Deno.errors.ConnectionReset();
  const delays = Array.from({ length: 48 }, () => failures.delayAfter(reset));
  assertEquals(delays.filter((delay) => delay === 0).length, 45);
  assertEquals([delays[15], delays[31], delays[47]], [1, 1, 1]);
});

Deno.test("accepting backs off while resources are short, whatever connections do", () => {
  const failures = new AcceptFailures();
  const shortage = systemError("EMFILE");
  const delays: number[] = [];
  for (let round = 0; round < 9; round++) {
    delays.push(failures.delayAfter(shortage));
    failures.delayAfter(new Deno.errors.NotConnected());
  }
  assertEquals(delays, [5, 10, 20, 40, 80, 160, 320, 640, 1000]);
  failures.reset();
  assertEquals(failures.delayAfter(shortage), 5);
});

Deno.test("an error that throws when it is inspected is that of an application", () => {
  const hostile = new Proxy(new Error("x"), {
    get: () => {
      throw new Error("get");
    },
  });
  assertEquals(
    [isConnectionFailure(hostile), isLostConnection(hostile)],
    [false, false],
  );
});
