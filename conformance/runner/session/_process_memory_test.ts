import { assertEquals } from "@std/assert";
import { needing } from "../../../scripts/find_program.ts";
import { memoryOf } from "./_process_memory.ts";

const LINUX = Deno.build.os === "linux" ? "linux" : undefined;

Deno.test("the memory of a process that is not known is not known", async () => {
  assertEquals(await memoryOf(undefined), undefined);
  // Above the largest that Linux gives.
  assertEquals(await memoryOf(2 ** 22 + 1), undefined);
});

Deno.test(needing({ linux: LINUX }, {
  name: "the memory of a program is that of all programs that it has started",
  fn: async () => {
    await using shell = new Deno.Command("sh", {
      args: ["-c", "cat; true"],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const writer = shell.stdin.getWriter();
    await writer.write(new TextEncoder().encode("hi"));
    // Now both have started.
    const reader = shell.stdout.getReader();
    await reader.read();
    const cat = await memoryOf(await childOf(shell.pid));
    const both = await memoryOf(shell.pid);
    const own = await ownSize(shell.pid);
    assertEquals(both!.reserved, own + cat!.reserved);
    await writer.close();
    await reader.cancel();
  },
}));

async function childOf(pid: number): Promise<number> {
  const path = `/proc/${pid}/task/${pid}/children`;
  return Number(await Deno.readTextFile(path));
}

/** Returns the address space of a process alone, in bytes. */
async function ownSize(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmSize:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}
