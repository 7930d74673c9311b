/**
 * The switches of mutants, for a copy of the library: which are on, and which have been reached.
 *
 * `MUTANTS` in the environment has the numbers of those that are on from the start. `SWITCHES` is a port of
 * this machine, from which lines come, each answered with a line: `reached` with the numbers of those reached
 * since the line before, `on 1,2` switches on these and no others.
 *
 * @module
 */

/** More than there are mutants. */
const MOST = 1 << 16;

const on = new Uint8Array(MOST);
const reached = new Uint8Array(MOST);

switchOn(Deno.env.get("MUTANTS") ?? "");

/** Records that a mutant is reached; returns whether it is on. */
export function mutant(number: number): boolean {
  reached[number] = 1;
  return on[number] === 1;
}

function switchOn(numbers: string): void {
  on.fill(0);
  for (const number of numbers.split(",")) {
    if (number !== "") on[Number(number)] = 1;
  }
}

/** The numbers of the mutants reached since the last call. */
function takeReached(): string {
  const numbers: number[] = [];
  for (let at = 0; at < MOST; at++) if (reached[at] === 1) numbers.push(at);
  reached.fill(0);
  return numbers.join(",");
}

const port = Deno.env.get("SWITCHES");
if (port !== undefined) void serve(Number(port));

async function serve(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const decoder = new TextDecoder();
  const encoder = new TextEncoder();
  let text = "";
  for await (const chunk of connection.readable) {
    text += decoder.decode(chunk);
    for (let end; (end = text.indexOf("\n")) >= 0;) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (line.startsWith("on ")) switchOn(line.slice(3));
      const answer = line === "reached" ? takeReached() : "";
      const bytes = encoder.encode(`${answer}\n`);
      for (let from = 0; from < bytes.length;) {
        from += await connection.write(bytes.subarray(from));
      }
    }
  }
}
