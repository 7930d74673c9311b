import { assert, assertEquals } from "@std/assert";
import { AdapterError } from "../implementation.ts";
import { measureRoundTrip } from "./round_trip.ts";
import { behave, ScriptedSubject } from "./_scripted_subject.ts";

Deno.test("a round trip is measured over the first transport that there is", async () => {
  let links = 0;
  await using subject = new ScriptedSubject((link) => {
    links++;
    assertEquals(link.wire.transport, "tcp");
    return behave(link);
  });
  const measured = await measureRoundTrip(subject, subject.description);
  assert(measured > 0 && measured < 1000, `${measured} ms`);
  assert(links > 1);
});

Deno.test("an implementation that cannot be measured is taken for a usual one", async () => {
  const listen = () => Promise.reject(new AdapterError("Cannot listen: no"));
  await using subject = new ScriptedSubject(behave, { listen });
  const { description } = subject;
  assertEquals(await measureRoundTrip(subject, description), 5);
  const without = { ...description, operations: [] };
  assertEquals(await measureRoundTrip(subject, without), 5);
  const nowhere = { ...description, roles: {} };
  assertEquals(await measureRoundTrip(subject, nowhere), 5);
  // One that ends each connection is measured no better.
  await using rude = new ScriptedSubject((link) => link.end());
  assertEquals(await measureRoundTrip(rude, description), 5);
});
