import { assert, assertEquals } from "@std/assert";
import { AdapterError } from "../implementation.ts";
import { measureRoundTrip } from "./round_trip.ts";
import {
  behave,
  ScriptedImplementation,
} from "./testing/scripted_implementation.ts";

Deno.test("a round trip is measured over the first transport of the implementation", async () => {
  let connections = 0;
  await using implementation = new ScriptedImplementation((connection) => {
    connections++;
    assertEquals(connection.wire.transport, "tcp");
    return behave(connection);
  });
  const measured = await measureRoundTrip(
    implementation,
    implementation.description,
  );
  assert(measured > 0 && measured < 1000, `${measured} ms`);
  assert(connections > 1);
});

Deno.test("an implementation that cannot be measured gets the default round trip", async () => {
  const listen = () => Promise.reject(new AdapterError("Cannot listen: no"));
  await using implementation = new ScriptedImplementation(behave, { listen });
  const { description } = implementation;
  assertEquals(await measureRoundTrip(implementation, description), 5);
  const without = { ...description, operations: [] };
  assertEquals(await measureRoundTrip(implementation, without), 5);
  const nowhere = { ...description, roles: {} };
  assertEquals(await measureRoundTrip(implementation, nowhere), 5);
  // One that ends each connection is measured no better.
  await using rude = new ScriptedImplementation((connection) =>
    connection.end()
  );
  assertEquals(await measureRoundTrip(rude, description), 5);
});
