/**
 * The subcommand `listen`.
 *
 * @module
 */

import { Handlers } from "@gotalk/gotalk";
import { integerOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { openPeer } from "../connection.ts";
import { CONNECTION_OPTIONS, JSON_OPTION } from "../connection_options.ts";
import { ConnectionFailure, endedConnection, STATUS } from "../failure.ts";
import { FORM_OPTIONS, formOf } from "../input.ts";
import { line, shown } from "../output.ts";
import { untilInterrupted } from "../terminal.ts";

/** Prints the notifications of a remote peer. */
export const listenCommand: Command = {
  about:
    "Prints the notifications of a remote peer, a line each, until the connection ends.",
  words: ["URL", "[NAME…]"],
  details: [
    "Without NAME, all of them. Requests of the remote peer are answered with " +
    "an error.",
  ],
  options: [
    { name: "count", value: "COUNT", about: "end after COUNT notifications" },
    ...FORM_OPTIONS.map(({ name }) => ({
      name,
      about: `payloads are ${name}${
        name === "bytes" ? ", shown as base64" : ""
      }`,
    })),
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    ["listen tcp://localhost:1234", "all notifications"],
    ["listen wss://host/gotalk seen left --json", "some, for a program"],
  ],
  async run(given, terminal) {
    const [url, ...names] = given.words;
    const form = formOf(given);
    const count = integerOption(given, "count", Infinity);
    const enough = Promise.withResolvers<void>();
    let printed = 0;
    const print = (
      payload: Uint8Array,
      { operation: name }: { operation: string },
    ) => {
      if (printed === count || (names.length > 0 && !names.includes(name))) {
        return;
      }
      terminal.out(
        given.flags.has("json")
          ? `${JSON.stringify({ name, ...shown(payload, form) })}\n`
          : `${line(name)} ${line(shown(payload, form))}\n`,
      );
      if (++printed === count) enough.resolve();
    };
    const handlers = new Handlers().onOtherNotification(print);
    await using peer = await openPeer(url!, given, terminal, { handlers });
    const closed = peer.closed.then(({ error }) => {
      if (error !== undefined) throw endedConnection(error);
    });
    await Promise.race([closed, enough.promise, untilInterrupted(terminal)]);
    if (count !== Infinity && printed < count) {
      throw new ConnectionFailure(
        `the connection ended after ${printed} of ${count} notifications`,
      );
    }
    return STATUS.answered;
  },
};
