import { assertEquals, assertStringIncludes } from "@std/assert";
import { Handlers, type Remote, serve, type Server } from "@gotalk/gotalk";
import { gotalk, RunningProgram } from "../testing/program.ts";

/** Serves peers that get some notifications at once. */
function server(sends: (peer: Remote) => unknown): Promise<Server> {
  return serve(
    { port: 0, onPeer: (peer) => void peer.opened.then(() => sends(peer)) },
    new Handlers(),
  );
}

Deno.test("listen prints each notification on a line, until the connection ends", async () => {
  await using greeter = await server((peer) => {
    peer.notify("seen", { id: 7, text: "a\nb" });
    peer.notifyText("\x1b[31mred", "no\nJSON\x07");
    peer.notifyBytes("raw", new Uint8Array([0xff]));
    peer.close();
  });
  const args = ["listen", greeter.address];
  assertEquals(await gotalk(args), {
    status: 0,
    out:
      `seen {"id":7,"text":"a\\nb"}\n\\x1b[31mred no\\nJSON\\x07\nraw /w==\n`,
    err: "",
  });
  const { status, out } = await gotalk([...args, "raw", "seen", "--json"]);
  assertEquals(status, 0);
  assertEquals(out.trim().split("\n").map((line) => JSON.parse(line)), [
    { name: "seen", value: { id: 7, text: "a\nb" } },
    { name: "raw", base64: "/w==" },
  ]);
});

Deno.test("listen ends after a count, or at Ctrl-C", async () => {
  await using greeter = await server((peer) => {
    for (let id = 1; id <= 5; id++) peer.notify("seen", id);
  });
  const args = ["listen", greeter.address];
  assertEquals(await gotalk([...args, "--count", "2"]), {
    status: 0,
    out: "seen 1\nseen 2\n",
    err: "",
  });
  await using program = new RunningProgram(args);
  for (let id = 1; id <= 5; id++) {
    assertEquals(await program.line(), `seen ${id}`);
  }
  assertEquals(await program.interrupt(), 130);
});

Deno.test("listen reports a connection that ends early", async () => {
  await using greeter = await server((peer) => peer.close());
  const ended = await gotalk(["listen", greeter.address, "--count", "2"]);
  assertEquals([ended.status, ended.out], [3, ""]);
  assertStringIncludes(ended.err, "after 0 of 2 notifications");
});

Deno.test("listen ends quietly when nobody reads what it prints", async () => {
  await using greeter = await server(async (peer) => {
    for (let id = 1; peer.state === "open"; id++) {
      await peer.notify("seen", id).catch(() => {});
    }
  });
  const { stdout, stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      '"$0" run -A --no-check "$1" listen "$2" | head -n 2',
      Deno.execPath(),
      new URL("../main.ts", import.meta.url).pathname,
      greeter.address,
    ],
  }).output();
  const decoder = new TextDecoder();
  assertEquals(decoder.decode(stdout), "seen 1\nseen 2\n");
  assertEquals(decoder.decode(stderr), "");
});
