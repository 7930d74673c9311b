/**
 * The switches of mutants, for a copy of the library: which are on, and which have been reached.
 *
 * `MUTANTS` in the environment has the numbers of those that are on. With `REACHED`, a port of this machine,
 * each byte from there is answered with a line of numbers: those reached since the line before.
 *
 * @module
 */

/** More than there are mutants. */
const MOST = 1 << 16;

const on = new Uint8Array(MOST);
const reached = new Uint8Array(MOST);

for (const number of (Deno.env.get("MUTANTS") ?? "").split(",")) {
  if (number !== "") on[Number(number)] = 1;
}

/** Records that a mutant is reached; returns whether it is on. */
export function mutant(number: number): boolean {
  reached[number] = 1;
  return on[number] === 1;
}

const port = Deno.env.get("REACHED");
if (port !== undefined) void report(Number(port));

async function report(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const encoder = new TextEncoder();
  for await (const _ of connection.readable) {
    const numbers: number[] = [];
    for (let at = 0; at < MOST; at++) if (reached[at] === 1) numbers.push(at);
    reached.fill(0);
    const bytes = encoder.encode(numbers.join(",") + "\n");
    for (let from = 0; from < bytes.length;) {
      from += await connection.write(bytes.subarray(from));
    }
  }
}
