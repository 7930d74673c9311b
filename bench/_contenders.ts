/**
 * The implementations that are measured.
 *
 * @module
 */

import type { Program } from "./_worker_process.ts";

/**
 * What is measured: this implementation, plain connections, or the Go
 * implementation.
 */
export type Contender = "gotalk" | "raw" | "go";

/** The two programs of a contender. */
export interface Programs {
  readonly server: Program;
  readonly client: Program;
}

/** Returns the programs of a contender that runs in Deno. */
export function denoPrograms(contender: "gotalk" | "raw"): Programs {
  const program = (role: string) => ({
    command: Deno.execPath(),
    args: [
      "run",
      "--quiet",
      "--no-check",
      "--no-prompt",
      "--allow-net=127.0.0.1",
      "--v8-flags=--expose-gc",
      new URL(`${contender}_${role}.ts`, import.meta.url).href,
    ],
  });
  return { server: program("server"), client: program("client") };
}

/**
 * Builds the program for the Go implementation into a folder. Needs permission
 * to run `go`.
 *
 * @throws {Error} If the build fails.
 */
export async function goPrograms(folder: string): Promise<Programs> {
  const command = `${folder}/bench-go`;
  const { success } = await new Deno.Command("go", {
    args: ["build", "-o", command, "."],
    cwd: new URL("go/", import.meta.url),
    stdout: "inherit",
    stderr: "inherit",
  }).output();
  if (!success) {
    throw new Error("Cannot build bench/go: go build has printed the reason");
  }
  return {
    server: { command, args: ["server"] },
    client: { command, args: ["client"] },
  };
}
