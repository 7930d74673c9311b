/**
 * The subcommand `bench`.
 *
 * @module
 */

import { isOperationError, type Peer } from "@gotalk/gotalk";
import { durationOption, integerOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { openPeer } from "../connection.ts";
import {
  CONNECTION_OPTIONS,
  JSON_OPTION,
  timeoutOf,
} from "../connection_options.ts";
import { failureOf, STATUS } from "../failure.ts";
import { formOf, INPUT_DETAILS, readInput } from "../input.ts";
import { Latencies, summaryLines } from "../latencies.ts";
import { Interrupted } from "../terminal.ts";

/** Sends requests as fast as they are answered, and shows how long that takes. */
export const benchCommand: Command = {
  about:
    "Sends requests as fast as they are answered, and shows how many and how long they take.",
  words: ["URL", "[OPERATION]", "[INPUT]"],
  details: [
    "Without OPERATION, it is ping, and the error of a peer that does not have " +
    "it is an answer. With it, the status is 1 if there were errors, of which " +
    `the first is shown. ${INPUT_DETAILS}`,
  ],
  options: [
    {
      name: "concurrency",
      value: "COUNT",
      about: "the number of requests in flight; 16 by default",
    },
    {
      name: "connections",
      value: "COUNT",
      about: "the number of connections that share them; 1 by default",
    },
    {
      name: "duration",
      value: "DURATION",
      about: "how long to measure; 5s by default",
    },
    { name: "text", about: "INPUT is text" },
    { name: "bytes", about: "INPUT is bytes" },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    ["bench tcp://localhost:1234", "round trips of empty requests"],
    [
      `bench tcp://localhost:1234 greet '{"name":"x"}' --concurrency 64`,
      "an operation of yours",
    ],
  ],
  async run(given, terminal) {
    const [url, operation = "ping", argument] = given.words;
    const concurrency = integerOption(given, "concurrency", 16);
    const connections = integerOption(given, "connections", 1);
    const duration = durationOption(given, "duration", 5_000);
    const timeout = timeoutOf(given);
    const input = await readInput(argument, formOf(given), terminal.signal);
    const { signal } = terminal;
    const open: Peer[] = [];
    await using _closing = {
      async [Symbol.asyncDispose]() {
        await Promise.all(open.map((peer) => peer.close()));
      },
    };
    for (let count = 0; count < connections; count++) {
      open.push(await openPeer(url!, given, terminal));
    }
    const latencies = new Latencies();
    let errors = 0;
    let firstError: unknown;
    const began = performance.now();
    const until = began + duration;
    const worker = async (peer: Peer) => {
      let now = performance.now();
      // Once at least, however late this runs.
      do {
        const sent = now;
        try {
          await peer.requestBytes(operation, input, { timeout, signal });
        } catch (error) {
          if (!isOperationError(error)) throw error;
          errors++;
          firstError ??= error;
        }
        now = performance.now();
        latencies.add(now - sent);
      } while (now < until);
    };
    let interrupted: Interrupted | undefined;
    try {
      await Promise.all(
        Array.from(
          { length: concurrency },
          (_, index) => worker(open[index % connections]!),
        ),
      );
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      interrupted = error;
    }
    const seconds = (performance.now() - began) / 1_000;
    const perSecond = Math.round(latencies.count / seconds);
    const summary = latencies.summary();
    const hasFailed = errors > 0 && given.words.length > 1;
    if (given.flags.has("json")) {
      const report = { ok: !hasFailed, seconds, perSecond, errors, ...summary };
      terminal.out(`${JSON.stringify(report)}\n`);
    } else if (summary !== undefined) {
      const lines = [
        `${summary.count} requests in ${
          seconds.toFixed(2)
        } s: ${perSecond}/s, ${errors} answered with an error`,
        ...summaryLines(summary),
        ...latencies.histogram(terminal.columns),
      ];
      terminal.out(`${lines.join("\n")}\n`);
    }
    if (interrupted !== undefined) return interrupted.status;
    if (!hasFailed) return STATUS.answered;
    const { status, message } = failureOf(firstError);
    terminal.note(`gotalk: ${message}`);
    return status;
  },
};
