/**
 * The command `tap`.
 *
 * @module
 */

import { openProxy } from "../proxy/proxy.ts";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import { untilAborted } from "../command_line/reference.ts";

/** A proxy that prints messages. */
export const tapCommand: Command = {
  name: "tap",
  summary:
    "forward connections between two implementations, and print their messages",
  help: `Usage: tap LISTEN TARGET

Listens at LISTEN, forwards each connection to TARGET, and prints the messages in both directions: the
number of the connection, the time, and > for messages from the peer that connected or < for messages
to it. The addresses are either both tcp://host:port or both ws://host:port; port 0 in LISTEN chooses a
free port. Runs until it is interrupted.`,
  async run(args, { out, signal }) {
    const { words: [listen, target] } = parseArguments(args, {
      words: { least: 2, most: 2 },
    });
    try {
      await using proxy = await openProxy({
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
