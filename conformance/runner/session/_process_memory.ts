/**
 * The memory of a program.
 *
 * @module
 */

/** The memory of a program, in bytes. */
export interface ProcessMemory {
  readonly resident: number;
  /** The address space, most of which may never be touched. */
  readonly reserved: number;
}

/**
 * Returns the memory of a process and of those that it has started, since a
 * command may start the implementation by way of another program; `undefined`
 * where it cannot be measured.
 */
export async function memoryOf(
  pid: number | undefined,
): Promise<ProcessMemory | undefined> {
  if (pid === undefined || Deno.build.os !== "linux") return undefined;
  const own = await memoryOfOne(pid);
  if (own === undefined) return undefined;
  const started = await Promise.all((await childrenOf(pid)).map(memoryOf));
  return started.filter((each) => each !== undefined).reduce(
    (sum, each) => ({
      resident: sum.resident + each.resident,
      reserved: sum.reserved + each.reserved,
    }),
    own,
  );
}

async function memoryOfOne(pid: number): Promise<ProcessMemory | undefined> {
  const status = await textOf(`/proc/${pid}/status`);
  const bytesOf = (name: string) => {
    const [, kilobytes] =
      new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status) ?? [];
    return Number(kilobytes) * 1024;
  };
  const memory = { resident: bytesOf("VmRSS"), reserved: bytesOf("VmSize") };
  return Number.isNaN(memory.resident + memory.reserved) ? undefined : memory;
}

/** Returns the processes that any thread of a process has started. */
async function childrenOf(pid: number): Promise<readonly number[]> {
  const threads = `/proc/${pid}/task`;
  const lists: Promise<string>[] = [];
  try {
    for await (const { name } of Deno.readDir(threads)) {
      lists.push(textOf(`${threads}/${name}/children`));
    }
  } catch (error) {
    if (!isGone(error)) throw error;
  }
  return (await Promise.all(lists)).flatMap((list) => list.match(/\d+/g) ?? [])
    .map(Number);
}

/** Returns the text of a file; an empty one if its process or thread has ended. */
async function textOf(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (isGone(error)) return "";
    throw error;
  }
}

/** Returns whether an error says that a process or a thread has ended, or is not one's own. */
function isGone(error: unknown): boolean {
  return error instanceof Deno.errors.NotFound ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    error instanceof Error && "code" in error && error.code === "ESRCH";
}
