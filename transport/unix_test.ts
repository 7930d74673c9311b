import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { testChannel } from "./testing/channel_suite.ts";
import { connectUnix, listenUnix } from "./unix.ts";

async function inDirectory(
  body: (directory: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await body(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

testChannel("unix channel", "unix", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/suite.sock`;
  await using listener = await listenUnix({ path });
  const [a, b] = await Promise.all([connectUnix({ path }), listener.accept()]);
  return { a, b: b!, release: () => Deno.remove(directory) };
});

Deno.test("a Unix channel knows both addresses", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/with space?.sock`;
    await using listener = await listenUnix({ path });
    assertEquals(listener.address, `unix:${directory}/with%20space%3F.sock`);
    const [a, b] = await Promise.all([
      connectUnix({ path }),
      listener.accept(),
    ]);
    assertEquals(a.info, {
      transport: "unix",
      remote: listener.address,
      secure: true,
    });
    assertEquals(b!.info.local, listener.address);
    await Promise.all([a.close(), b!.close()]);
  }));

Deno.test("listenUnix() removes the socket when it closes", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/test.sock`;
    const listener = await listenUnix({ path });
    assert(await exists(path));
    listener.close();
    listener.close();
    assert(!await exists(path));
    assertStrictEquals(await listener.accept(), null);
  }));

Deno.test("listenUnix() rejects a socket with a listener", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/test.sock`;
    await using first = await listenUnix({ path });
    await assertRejects(
      () => listenUnix({ path }),
      Error,
      `Cannot listen on unix:${path}: another listener uses it`,
    );
    // The probe that found out is the first channel.
    const probe = await first.accept();
    assertStrictEquals(await probe!.read(), null);
    await probe!.close();
    const [a, b] = await Promise.all([connectUnix({ path }), first.accept()]);
    await Promise.all([a.close(), b!.close()]);
  }));

Deno.test("listenUnix() replaces a stale socket", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/test.sock`;
    // A program that ends without closing leaves its socket.
    const program =
      `Deno.listen({ transport: "unix", path: Deno.args[0] }); Deno.kill(Deno.pid, "SIGKILL")`;
    await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-config", program, path],
    }).output();
    assert((await Deno.lstat(path)).isSocket);
    await using listener = await listenUnix({ path });
    assertEquals(listener.address, `unix:${path}`);
  }));

Deno.test("listenUnix() rejects a file that is not a socket", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/notes.txt`;
    await Deno.writeTextFile(path, "keep me");
    await assertRejects(
      () => listenUnix({ path }),
      Error,
      `Cannot listen on unix:${path}: the path has a file that is not a socket`,
    );
    assertEquals(await Deno.readTextFile(path), "keep me");
  }));

Deno.test("connectUnix() names the path where nobody listens", () =>
  inDirectory(async (directory) => {
    const path = `${directory}/nobody.sock`;
    const error = await assertRejects(
      () => connectUnix({ path }),
      Error,
      `Cannot connect to unix:${path}: `,
    );
    assert((error as Error).cause instanceof Deno.errors.NotFound);
  }));
