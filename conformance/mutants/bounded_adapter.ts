/**
 * Adapters that cannot take more memory than a machine has for them.
 *
 * @module
 */

/** How much memory a mutant may use, in bytes: cases of the corpus need a third of it. */
const MOST_MEMORY = 1.5 * 2 ** 30;

/** How often the memory is looked at, in milliseconds. */
const INTERVAL = 500;

/** Ends a process once it uses too much memory; returns a function that stops looking. */
export function boundMemory(pid: number | undefined): () => void {
  if (pid === undefined || Deno.build.os !== "linux") return () => {};
  const timer = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${pid}/status`);
      const kilobytes = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
      if (kilobytes * 1024 > MOST_MEMORY) Deno.kill(pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  }, INTERVAL);
  return () => clearInterval(timer);
}
