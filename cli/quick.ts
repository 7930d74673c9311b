/**
 * The command as it is installed in two files: this one has what is used most,
 * and starts fast; the other one has all, and is loaded for the rest.
 *
 * @module
 */

import { parseArguments } from "./arguments.ts";
import type { Command } from "./command.ts";
import { listenCommand } from "./commands/listen.ts";
import { notifyCommand } from "./commands/notify.ts";
import { requestCommand } from "./commands/request.ts";
import { reported } from "./reported.ts";

const QUICK: ReadonlyMap<string, Command> = new Map([
  ["request", requestCommand],
  ["notify", notifyCommand],
  ["listen", listenCommand],
]);

/** Options with which the whole command is wanted. */
const WHOLE = new Set(["--help", "-h", "--insecure"]);

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = QUICK.get(name ?? "");
  if (command !== undefined && !args.some((arg) => WHOLE.has(arg))) {
    return await reported(
      args,
      (terminal) => command.run(parseArguments(args, command), terminal),
    );
  }
  const whole = new URL("gotalk_all.js", import.meta.url).href;
  return await (await import(whole)).main(Deno.args);
}

Deno.exit(await main(Deno.args));
