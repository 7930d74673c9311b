/**
 * Runs the Go examples as a user would.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { TextLineStream } from "@std/streams";
import { needing } from "../scripts/find_program.ts";
import { GO, goPrograms } from "./_go.ts";

const EXAMPLES = new URL("../examples/go_interop/", import.meta.url);

Deno.test(needing({ go: GO }, {
  name: "a Go client calls a Deno server",
  fn: async () => {
    const programs = await goPrograms(EXAMPLES);
    await using server = await startServer(Deno.execPath(), [
      ...runDeno("server.ts"),
      "0",
    ]);
    const { host } = new URL(server.address);
    const printed = await output(`${programs}/client`, [host]);
    assertEquals(printed, "Hello Rasmus\n");
  },
}));

Deno.test(needing({ go: GO }, {
  name: "a Deno client calls a Go server",
  fn: async () => {
    const programs = await goPrograms(EXAMPLES);
    await using server = await startServer(`${programs}/server`, [
      "127.0.0.1:0",
    ]);
    const args = [...runDeno("client.ts"), server.address];
    assertEquals(await output(Deno.execPath(), args), "Hello Rasmus\n");
  },
}));

function runDeno(program: string): string[] {
  const { pathname } = new URL(program, EXAMPLES);
  return ["run", "--allow-net=127.0.0.1", pathname];
}

/** Runs a program to its end and returns its output. */
async function output(program: string, args: string[]): Promise<string> {
  const { stdout, stderr, success } = await new Deno.Command(program, { args })
    .output();
  if (success) return new TextDecoder().decode(stdout);
  throw new Error(`Cannot run ${program}: ${new TextDecoder().decode(stderr)}`);
}

/**
 * Starts a server that prints its address first. Disposing of it ends the
 * server.
 */
async function startServer(
  program: string,
  args: string[],
): Promise<AsyncDisposable & { readonly address: string }> {
  const process = new Deno.Command(program, { args, stdout: "piped" }).spawn();
  const lines = process.stdout
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream())
    .getReader();
  const { value: address } = await lines.read();
  if (address === undefined) {
    await process.status;
    throw new Error(`Cannot start ${program}: it printed no address`);
  }
  return {
    address,
    [Symbol.asyncDispose]: async () => {
      process.kill("SIGTERM");
      await process.status;
      await lines.cancel();
    },
  };
}
