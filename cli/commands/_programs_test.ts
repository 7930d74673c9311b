import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { OperationError, type RequestContext } from "@gotalk/gotalk";
import { Programs } from "./_programs.ts";

Deno.test("programs that wait for their turn do not start when all are ended", async () => {
  const folder = await Deno.makeTempDir();
  const programs = new Programs(1, 60_000, () => {});
  const { signal } = new AbortController();
  const context = { operation: "a", peer: {}, signal } as RequestContext;
  const answer = (program: string) =>
    programs.answer(program, new Uint8Array(), context);
  const begun = Promise.withResolvers<void>();
  const watcher = Deno.watchFs(folder);
  const watching = (async () => {
    for await (const _ of watcher) begun.resolve();
  })();
  const running = answer(`echo > "${folder}/first"; exec sleep 60`);
  const waiting = answer(`echo > "${folder}/second"`);
  running.catch(() => {});
  waiting.catch(() => {});
  await begun.promise;
  watcher.close();
  await watching;
  await programs[Symbol.asyncDispose]();
  await assertRejects(() => running, OperationError);
  await assertRejects(() => waiting, OperationError, "shutting down");
  await assertRejects(() => answer("true"), OperationError, "shutting down");
  const files = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  assertEquals(files, ["first"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test({
  name:
    "without the permission to end what programs have started, that is said once, and they are ended",
  permissions: { run: ["sh"], read: true, write: true },
  ignore: Deno.build.os === "windows",
  async fn() {
    const folder = await Deno.makeTempDir();
    const notes: string[] = [];
    const programs = new Programs(2, 60_000, (line) => notes.push(line));
    const { signal } = new AbortController();
    const context = { operation: "a", peer: {}, signal } as RequestContext;
    const watcher = Deno.watchFs(folder);
    const running = ["first", "second"].map((name) =>
      programs.answer(
        `echo > "${folder}/${name}"; exec sleep 60`,
        new Uint8Array(),
        context,
      )
    );
    for (const each of running) each.catch(() => {});
    const begun = new Set<string>();
    for await (const { paths } of watcher) {
      for (const path of paths) if (path !== folder) begun.add(path);
      if (begun.size === 2) break;
    }
    await programs[Symbol.asyncDispose]();
    for (const each of running) await assertRejects(() => each, OperationError);
    assertEquals(notes.length, 1);
    assertMatch(notes[0]!, /--allow-run without a list$/);
    await Deno.remove(folder, { recursive: true });
  },
});
