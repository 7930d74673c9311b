/**
 * The command that shows what passes between two implementations.
 *
 * @module
 */

import { tap } from "../tap/tap.ts";
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";
import { untilAborted } from "./_reference.ts";

/** A proxy that prints messages. */
export const tapCommand: Command = {
  name: "tap",
  summary: "stand between two implementations and print their messages",
  help: `Usage: tap LISTEN TARGET

Listens at LISTEN, connects each connection to TARGET, and prints the messages of both directions as they
pass: the number of the connection, the time, > from the side that connected or < to it. Both are
tcp://host:port or both ws://host:port; port 0 of LISTEN takes a free one. Ends when it is interrupted.`,
  async run(args, { out, signal }) {
    const { words: [listen, target] } = parseArguments(args, {
      words: { least: 2, most: 2 },
    });
    try {
      await using proxy = await tap({
        listen: listen!,
        target: target!,
        print: (line) => out(`${line}\n`),
      });
      out(`listening at ${proxy.address}\n`);
      await untilAborted(signal);
    } catch (error) {
      throw new UsageError(messageOf(error));
    }
    return 0;
  },
};
