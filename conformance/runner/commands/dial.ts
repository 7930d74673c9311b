/**
 * The command `dial`.
 *
 * @module
 */

import { connect, type Peer } from "@gotalk/gotalk";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import {
  OPTIONS_HELP,
  reference,
  untilAborted,
} from "../command_line/reference.ts";

/** Connects, and offers the standard operations until the connection ends. */
export const dialCommand: Command = {
  name: "dial",
  summary: "connect to an address and offer the standard operations there",
  help: `Usage: dial [options] URL

Connects to tcp://host:port, unix:/path or ws://host:port/path with the library @gotalk/gotalk, and
offers the standard operations on that connection. Prints the notifications it receives, and how the
connection ends. Runs until the connection ends or the program is interrupted.

Options:
${OPTIONS_HELP}

Exit status: 0 if the connection ends in order; 1 if it fails or cannot be opened; 2 if the arguments
are wrong.`,
  async run(args, terminal) {
    const { text, words: [url] } = parseArguments(args, {
      text: ["options"],
      words: { least: 1, most: 1 },
    });
    const setup = reference(text.options, terminal);
    const { out, err, signal } = terminal;
    let peer: Peer;
    try {
      peer = await connect(url!, { ...setup, signal });
    } catch (error) {
      if (error instanceof TypeError) throw new UsageError(error.message);
      err(`${messageOf(error)}\n`);
      return 1;
    }
    await using _peer = peer;
    out(`connected to ${url}\n`);
    const ended = await Promise.race([peer.closed, untilAborted(signal)]);
    if (ended === undefined) return 0;
    const { error } = ended;
    out(error === undefined ? "closed\n" : `closed: ${messageOf(error)}\n`);
    return error === undefined ? 0 : 1;
  },
};
