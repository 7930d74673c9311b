/**
 * The subcommand `notify`.
 *
 * @module
 */

import { integerOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import type { Open } from "../connect_within.ts";
import {
  CONNECTION_OPTIONS,
  JSON_OPTION,
  timeoutOf,
} from "../connection_options.ts";
import { endedConnection, STATUS } from "../failure.ts";
import {
  FORM_OPTIONS,
  formOf,
  INPUT_DETAILS,
  readInput,
  SEE_FORM,
} from "../input.ts";
import { sendWithin } from "../send_within.ts";

/** Returns the subcommand, which connects by `open`. */
export const notifyBy = (open: Open): Command => ({
  about: "Sends a notification. Nothing answers it.",
  words: ["URL", "NAME", "[INPUT]"],
  details: [INPUT_DETAILS],
  options: [
    ...FORM_OPTIONS.map(({ name }) => ({ name, about: `INPUT is ${name}` })),
    { name: "repeat", value: "COUNT", about: "send it COUNT times" },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    [`notify tcp://localhost:1234 seen '{"id":7}'`, "a notification"],
    [
      "notify ws://localhost:8080/gotalk note --text 'good morning'",
      "text, over WebSocket",
    ],
  ],
  async run(given, terminal) {
    const [url, name, argument] = given.words;
    const repeat = integerOption(given, "repeat", 1);
    const timeout = timeoutOf(given);
    const input = await readInput(
      argument,
      formOf(given),
      terminal.signal,
      SEE_FORM,
    );
    await using peer = await open(url!, given, terminal);
    await sendWithin(peer, timeout, async (moved) => {
      for (let count = 0; count < repeat; count++) {
        terminal.signal.throwIfAborted();
        await peer.notifyBytes(name!, input);
        moved();
      }
      // What waits is written before this resolves.
      await peer.close();
    });
    terminal.signal.throwIfAborted();
    const { error } = await peer.closed;
    if (error !== undefined) throw endedConnection(error);
    if (given.flags.has("json")) {
      terminal.out(`${JSON.stringify({ ok: true })}\n`);
    }
    return STATUS.answered;
  },
});
