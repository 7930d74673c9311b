import { assertEquals, assertRejects } from "@std/assert";
import { OperationError, type RequestContext } from "@gotalk/gotalk";
import { Programs } from "./_programs.ts";

Deno.test("programs that wait for their turn do not start when all are ended", async () => {
  const folder = await Deno.makeTempDir();
  const programs = new Programs(1, 60_000);
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
