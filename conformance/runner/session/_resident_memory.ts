/**
 * How much memory a process has.
 *
 * @module
 */

/** The resident memory of a process, in bytes; `undefined` where that cannot be measured. */
export async function residentMemory(
  pid: number | undefined,
): Promise<number | undefined> {
  if (pid === undefined || Deno.build.os !== "linux") return undefined;
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
