/**
 * The subcommand `request`.
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
import { STATUS } from "../failure.ts";
import {
  FORM_OPTIONS,
  formOf,
  INPUT_DETAILS,
  readInput,
  SEE_FORM,
} from "../input.ts";
import { isJson, shown, writePayload } from "../output.ts";

/** Returns the subcommand, which connects by `open`. */
export const requestBy = (open: Open): Command => ({
  about: "Sends a request, and prints the result.",
  words: ["URL", "OPERATION", "[INPUT]"],
  details: [
    INPUT_DETAILS,
    "A result that is not JSON is printed as it came, with a remark; --json has " +
    "it as text, or bytes in base64, in place of a value.",
  ],
  options: [
    ...FORM_OPTIONS,
    {
      name: "repeat",
      value: "COUNT",
      about: "send the request COUNT times, one after another",
    },
    {
      name: "no-retry",
      about: "report an answer that requests a retry, instead of retrying",
    },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    [
      `request tcp://localhost:1234 greet '{"name":"Rasmus"}'`,
      "JSON in, JSON out",
    ],
    ["request ws://localhost:8080/gotalk upload --bytes @photo.jpg", "a file"],
    [
      "request unix:/run/app.sock report - < report.json",
      "from standard input",
    ],
    [
      `request tls://host:443 whoami --login 'login={"token":"x"}' --json`,
      "after a login, for a program",
    ],
  ],
  async run(given, terminal) {
    const [url, operation, argument] = given.words;
    const form = formOf(given);
    const timeout = timeoutOf(given);
    const repeat = integerOption(given, "repeat", 1);
    const input = await readInput(argument, form, terminal.signal, SEE_FORM);
    await using peer = await open(url!, given, terminal);
    for (let count = 0; count < repeat; count++) {
      const began = performance.now();
      const result = await peer.requestBytes(operation!, input, {
        timeout,
        signal: terminal.signal,
        retry: !given.flags.has("no-retry"),
      });
      const milliseconds = performance.now() - began;
      if (given.flags.has("json")) {
        const report = { ok: true, milliseconds, ...shown(result, form) };
        terminal.out(`${JSON.stringify(report)}\n`);
        continue;
      }
      writePayload(result, form, terminal);
      if (form === "json" && !isJson(result)) {
        terminal.note("gotalk: the result is not JSON, see --text and --bytes");
      }
    }
    return STATUS.answered;
  },
});
