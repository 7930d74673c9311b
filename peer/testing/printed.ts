/**
 * What is printed.
 *
 * @module
 */

/** The methods that print. */
const METHODS = [
  "log",
  "info",
  "debug",
  "warn",
  "error",
  "trace",
  "table",
  "dir",
] as const;

/** Returns what is printed while a function runs, without showing it. */
export async function printed(body: () => Promise<void>): Promise<unknown[]> {
  const lines: unknown[] = [];
  const before = METHODS.map((method) => console[method]);
  const outputs = [Deno.stdout, Deno.stderr];
  const writes = outputs.map(({ writeSync }) => writeSync);
  for (const method of METHODS) {
    console[method] = (...values: unknown[]) =>
      void lines.push([method, values]);
  }
  for (const output of outputs) {
    output.writeSync = (bytes) => {
      lines.push(["write", bytes]);
      return bytes.byteLength;
    };
  }
  try {
    await body();
  } finally {
    METHODS.forEach((method, index) => console[method] = before[index]!);
    outputs.forEach((output, index) => output.writeSync = writes[index]!);
  }
  return lines;
}
