/**
 * Who is measured.
 *
 * @module
 */

import type { Program } from "./_side.ts";

/** Who takes part: this implementation, plain connections, and the Go implementation. */
export type Contender = "gotalk" | "raw" | "go";

/** The programs of the two sides. */
export interface Programs {
  readonly server: Program;
  readonly client: Program;
}

/** The programs of a contender that runs in Deno. */
export function denoPrograms(contender: "gotalk" | "raw"): Programs {
  const program = (side: string) => ({
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--v8-flags=--expose-gc",
      new URL(`${contender}_${side}.ts`, import.meta.url).href,
    ],
  });
  return { server: program("server"), client: program("client") };
}

/** Builds the program of the Go implementation into a folder. Needs permission to run `go`. */
export async function goPrograms(folder: string): Promise<Programs> {
  const command = `${folder}/bench-go`;
  const { success } = await new Deno.Command("go", {
    args: ["build", "-o", command, "."],
    cwd: new URL("go/", import.meta.url),
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot build bench/go: go said why above");
  return {
    server: { command, args: ["server"] },
    client: { command, args: ["client"] },
  };
}
