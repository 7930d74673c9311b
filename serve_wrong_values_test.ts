import { assertRejects, assertThrows } from "@std/assert";
import { Handlers, upgradeHandler } from "./mod.ts";
import { serve, type ServeOptions } from "./serve.ts";

Deno.test("serve() names the address it cannot listen on, and keeps the class of the error", async () => {
  await using server = await serve({ port: 0 }, new Handlers());
  const port = Number(new URL(server.address).port);
  for (const transport of ["tcp", "websocket"] as const) {
    await assertRejects(
      () => serve({ port, transport }, new Handlers()),
      Deno.errors.AddrInUse,
      `Cannot listen on 127.0.0.1:${port}: `,
    );
  }
  await assertRejects(
    () => serve({ path: "/no/such/folder/socket" }),
    Deno.errors.NotFound,
    "Cannot listen on unix:/no/such/folder/socket: ",
  );
  await assertRejects(
    () => serve(new Handlers() as ServeOptions),
    TypeError,
    "Cannot serve: got Handlers, wanted options first",
  );
  await assertRejects(
    () => serve({ port: 0 }, {} as Handlers),
    TypeError,
    "Cannot set handlers: got an object, wanted Handlers",
  );
  await assertRejects(
    () => serve({ port: 0, maxConnections: 1.5 }),
    RangeError,
    "Cannot set maxConnections: got 1.5, wanted a whole number",
  );
});

Deno.test("hooks of a server that are no functions are refused before it listens", async () => {
  for (const name of ["authenticate", "onPeer", "onRefused"]) {
    const says = `Cannot set ${name}: got 5, wanted a function`;
    const options = { [name]: 5 };
    await assertRejects(() => serve(options), TypeError, says);
    assertThrows(
      () => upgradeHandler(new Handlers(), options),
      TypeError,
      says,
    );
  }
});
