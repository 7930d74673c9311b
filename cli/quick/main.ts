/**
 * The command as it is installed in two files: this one has what starts fast, and
 * the other one, which is loaded for the rest, has all.
 * Internal to the package.
 *
 * @module
 */

import { parseArguments } from "../arguments.ts";
import { reported } from "../reported.ts";
import { QUICK_COMMANDS } from "./commands.ts";
import { isQuick } from "./is_quick.ts";

async function main([name = "", ...args]: readonly string[]): Promise<number> {
  if (isQuick(name, args)) {
    const command = QUICK_COMMANDS[name];
    return await reported(
      args,
      (terminal) => command.run(parseArguments(args, command), terminal),
    );
  }
  const whole = new URL("gotalk_all.js", import.meta.url).href;
  return await (await import(whole)).main(Deno.args);
}

Deno.exit(await main(Deno.args));
