import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { connect, Handlers, serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { openTap } from "./mod.ts";

const handlers = new Handlers().handle(
  "greet",
  (name: string) => `Hello ${name}`,
);
const limits = { heartbeatInterval: Infinity };

/** The printed lines, without numbers and times. */
function plain(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/^\d+ +[\d.]+ ms /, ""));
}

for (const transport of ["tcp", "websocket"] as const) {
  Deno.test(`what passes over ${transport} is shown, and arrives`, async () => {
    const lines: string[] = [];
    const ends = Promise.withResolvers<void>();
    await using server = await serve({ transport, port: 0, limits }, handlers);
    await using tap = await openTap({
      listen: `${transport === "tcp" ? "tcp" : "ws"}://127.0.0.1:0`,
      target: server.address,
      print(line) {
        lines.push(line);
        if (
          lines.filter((each) => /(end|closed with 1000)$/.test(each))
            .length === 2
        ) ends.resolve();
      },
    });
    const peer = await connect(tap.address, {
      limits,
      extensions: false,
    });
    assertEquals(await peer.request("greet", "you"), "Hello you");
    await peer.close();
    await ends.promise;
    const printed = plain(lines);
    const end = transport === "tcp" ? "end" : "closed with 1000";
    assertStringIncludes(printed.shift()!, "# connection from ");
    assertEquals(printed.filter((line) => line.startsWith(">")), [
      "> version 01",
      `> SingleRequest 0000 "greet" 5 bytes "\\"you\\""`,
      `> ${end}`,
    ]);
    assertEquals(
      printed.filter((line) => line.startsWith("<")).map((line) =>
        line.slice(0, 16)
      ),
      [
        "< version 01",
        "< SingleResult 0",
        `< ${end}`.slice(0, 16),
      ],
    );
  });
}

Deno.test("bytes that are not a message are shown up to the error, and forwarded", async () => {
  const lines: string[] = [];
  await using target = listenTcp();
  await using tap = await openTap({
    listen: "tcp://127.0.0.1:0",
    target: target.address,
    print: (line) => lines.push(line),
  });
  const near = await Deno.connect({
    port: Number(new URL(tap.address).port),
  });
  await near.write(new TextEncoder().encode("01xyz"));
  const far = await target.accept();
  assertEquals(new TextDecoder().decode((await far!.read())!), "01xyz");
  assertStringIncludes(plain(lines).at(-1)!, "its kind is");
  await far!.close();
  near.close();
});

Deno.test("a missing target ends the connection", async () => {
  const gone = listenTcp();
  gone.close();
  const { promise: line, resolve } = Promise.withResolvers<string>();
  await using tap = await openTap({
    listen: "tcp://127.0.0.1:0",
    target: gone.address,
    print: (line) => line.includes("Cannot connect") && resolve(line),
  });
  await assertRejects(() => connect(tap.address));
  assertStringIncludes(await line, gone.address);
});

Deno.test("addresses of different kinds are refused", async () => {
  for (
    const [listen, target] of [["tcp://127.0.0.1:0", "ws://127.0.0.1:1"], [
      "ws://127.0.0.1:0",
      "tcp://127.0.0.1:1",
    ], ["x", "y"]] as const
  ) {
    await assertRejects(
      () => openTap({ listen, target, print() {} }),
      TypeError,
      "Cannot forward connections",
    );
  }
});
