/**
 * The command as it is installed in two files: this one has what starts fast, and
 * the other one, which is loaded for the rest, has all.
 * Internal to the package.
 *
 * @module
 */

import { reported } from "../reported.ts";
import { quickCommand } from "./commands.ts";

async function main(args: readonly string[]): Promise<number> {
  const quick = quickCommand(args);
  if (quick !== undefined) {
    const { command, given } = quick;
    // Signals end it with the status that it would have; to listen takes time.
    return await reported(
      args,
      (terminal) => command.run(given, terminal),
      false,
    );
  }
  const whole = new URL("gotalk_all.js", import.meta.url).href;
  return await (await import(whole)).main(args);
}

Deno.exit(await main(Deno.args));
