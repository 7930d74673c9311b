/**
 * The subcommand `ping`.
 *
 * @module
 */

import { isOperationError } from "@gotalk/gotalk";
import { durationOption, integerOption } from "../arguments.ts";
import type { Command } from "../command.ts";
import { openPeer } from "../connection.ts";
import {
  CONNECTION_OPTIONS,
  JSON_OPTION,
  timeoutOf,
} from "../connection_options.ts";
import { STATUS } from "../failure.ts";
import { milliseconds } from "../duration.ts";
import { Latencies, summaryLines } from "../latencies.ts";
import { Interrupted } from "../terminal.ts";

/** Measures round trips to a remote peer. */
export const pingCommand: Command = {
  about: "Measures round trips to a remote peer, and shows how they spread.",
  words: ["URL"],
  details: [
    "A round trip is an empty request and its answer. The error of a peer " +
    "that does not have the operation is an answer too.",
  ],
  options: [
    {
      name: "count",
      value: "COUNT",
      about: "the number of round trips; 10 by default",
    },
    {
      name: "interval",
      value: "DURATION",
      about: "the time between them; 200ms by default",
    },
    {
      name: "operation",
      value: "NAME",
      about: "the operation to request; ping by default",
    },
    { name: "quiet", about: "print the summary only" },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    ["ping tcp://localhost:1234", "ten round trips"],
    [
      "ping wss://host/gotalk --count 1000 --interval 1ms --quiet",
      "a thousand, quickly",
    ],
  ],
  async run(given, terminal) {
    const { values: { operation = "ping" }, flags } = given;
    const url = given.words[0]!;
    const count = integerOption(given, "count", 10);
    const interval = durationOption(given, "interval", 200);
    const timeout = timeoutOf(given);
    const isQuiet = flags.has("quiet") || flags.has("json");
    const latencies = new Latencies();
    await using peer = await openPeer(url, given, terminal);
    let interrupted: Interrupted | undefined;
    try {
      for (let number = 1; number <= count; number++) {
        if (number > 1) await pause(interval, terminal.signal);
        const began = performance.now();
        await peer.requestBytes(operation, new Uint8Array(), {
          timeout,
          signal: terminal.signal,
          retry: false,
        }).catch((error) => {
          if (!isOperationError(error)) throw error;
        });
        const time = performance.now() - began;
        latencies.add(time);
        if (!isQuiet) {
          terminal.out(`${number} answered in ${milliseconds(time)}\n`);
        }
      }
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      interrupted = error;
    }
    const summary = latencies.summary();
    if (flags.has("json")) {
      terminal.out(`${JSON.stringify({ ok: true, ...summary })}\n`);
    } else if (summary !== undefined) {
      const lines = [
        `${summary.count} round trips`,
        ...summaryLines(summary),
        ...latencies.histogram(terminal.columns),
      ];
      terminal.out(`${isQuiet ? "" : "\n"}${lines.join("\n")}\n`);
    }
    return interrupted?.status ?? STATUS.answered;
  },
};

function pause(duration: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => {
    clearTimeout(timer);
    reject(signal.reason);
  };
  const timer = setTimeout(() => {
    signal.removeEventListener("abort", abort);
    resolve();
  }, duration);
  signal.addEventListener("abort", abort, { once: true });
  return promise;
}
