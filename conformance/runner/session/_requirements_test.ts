import { assertEquals } from "@std/assert";
import type { Step } from "../cases/case.ts";
import { HELLO, play, type PlayOptions } from "./testing/scripted_play.ts";
import { behave } from "./testing/scripted_implementation.ts";

Deno.test("a case that does not apply is not run", async () => {
  const why = async (steps: Step[], options: PlayOptions = {}) => {
    const { verdict, reason } = await play(steps, behave, options);
    assertEquals(verdict, "not-applicable");
    return reason;
  };
  const fields = { needs: ["cancel"] };
  assertEquals(
    await why([HELLO], { fields }),
    "it does not have the feature cancel",
  );
  const sized: Step = { send: [{ bytes: "r0001004size00000000" }] };
  const size = "it does not have the operation size";
  assertEquals(await why([HELLO, sized]), size);
  assertEquals(
    await why([HELLO, {
      send: [
        { bytes: "r0001004" },
        { bytes: [{ ascii: "size00000000" }] },
      ],
    }]),
    size,
  );
  assertEquals(
    await why([HELLO, {
      send: [{
        kind: "SingleRequest",
        id: "0001",
        operation: "size",
        payload: "",
      }],
    }]),
    size,
  );
  const notes = "it does not have the operation notes";
  const named = (name: string): Step => ({
    send: [{ kind: "Notification", name, payload: "" }],
  });
  assertEquals(await why([HELLO, named("ask")]), notes);
  assertEquals(await why([HELLO, named("crash")]), notes);
  assertEquals(
    await why([HELLO, { send: [{ bytes: "n003ask00000000" }] }]),
    notes,
  );
});
