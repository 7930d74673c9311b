/**
 * The command `tap`.
 *
 * @module
 */

import { openTap } from "@gotalk/gotalk/tap";
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
to it. LISTEN is tcp://host:port or unix:/path, and TARGET one of these or tls://host:port; or LISTEN is
ws://host:port, and TARGET a ws: or wss: URL. Port 0 in LISTEN chooses a free port. Runs until it is
interrupted. The command gotalk tap of @gotalk/gotalk/cli also filters and records.`,
  async run(args, { out, signal }) {
    const { words: [listen, target] } = parseArguments(args, {
      words: { least: 2, most: 2 },
    });
    try {
      await using tap = await openTap({
        listen: listen!,
        target: target!,
        print: (line) => out(`${line}\n`),
      });
      out(`listening at ${tap.address}\n`);
      await untilAborted(signal);
    } catch (error) {
      throw new UsageError(messageOf(error));
    }
    return 0;
  },
};
