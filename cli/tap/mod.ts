/**
 * Taps: proxies that print the messages that pass through them.
 *
 * @module
 */

import {
  checkOptionNames,
  type OptionNames,
} from "../../quoting/option_names.ts";
import { openRecorder, type Recorder } from "./_recorder.ts";
import type { Tap, TapEntry, TapOptions } from "./tap.ts";

export type { Tap, TapEntry, TapOptions };

const OPTIONS: OptionNames<TapOptions> = {
  caCerts: 1,
  listen: 1,
  maxPayloadBytes: 1,
  onEntry: 1,
  print: 1,
  record: 1,
  shows: 1,
  target: 1,
};

const STREAMS = ["tcp:", "tls:", "unix:"];

/**
 * Opens a tap. It forwards each connection to the target, and prints every
 * message: the number of the connection, the milliseconds since it was opened,
 * `>` for messages from the peer that connected or `<` for messages to it, and
 * the message. It changes nothing: over WebSocket, messages and close codes stay
 * as they are. Only an `Origin` that is the tap's own becomes that of the target.
 *
 * @throws {TypeError} If there are no such URLs, or one of them is for WebSocket
 * and the other is not.
 * @throws {Error} If it cannot listen at the address, or not write the recording.
 *
 * @example
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { openTap } from "@gotalk/gotalk/tap";
 * import { assert } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serve({ port: 0 }, handlers);
 * const lines: string[] = [];
 * await using tap = await openTap({
 *   listen: "tcp://127.0.0.1:0",
 *   target: server.address,
 *   print: (line) => lines.push(line),
 * });
 * const peer = await connect(tap.address);
 * await peer.request("greet", "Rasmus");
 * await peer.close();
 * assert(lines.some((line) => line.includes("> SingleRequest 0000 \"greet\"")));
 * ```
 */
export async function openTap(options: TapOptions): Promise<Tap> {
  checkOptionNames(options, OPTIONS);
  const listen = URL.parse(options.listen);
  const target = URL.parse(options.target);
  if (listen === null || target === null || !fits(listen, target)) {
    throw new TypeError(
      `Cannot forward connections: got the addresses ${options.listen} and ${options.target}, wanted tcp: or unix: and tcp:, tls: or unix:, or ws: and ws: or wss:, with the ports`,
    );
  }
  const { record } = options;
  const recorder = record === undefined ? undefined : openRecorder(record);
  try {
    const tap = await openBetween(listen, target, options, recorder)
      .catch((error) => {
        const { message } = error as Error;
        if (message.startsWith("Cannot listen")) throw error;
        throw new Error(`Cannot listen at ${options.listen}: ${message}`, {
          cause: error,
        });
      });
    return {
      address: tap.address,
      async [Symbol.asyncDispose]() {
        await tap[Symbol.asyncDispose]();
        recorder?.[Symbol.dispose]();
      },
    };
  } catch (error) {
    recorder?.[Symbol.dispose]();
    throw error;
  }
}

async function openBetween(
  listen: URL,
  target: URL,
  options: TapOptions,
  recorder: Recorder | undefined,
): Promise<Tap> {
  if (listen.protocol !== "ws:") {
    const { openStreamTap } = await import("./_stream_tap.ts");
    return await openStreamTap(listen, target, options, recorder);
  }
  const { openWebSocketTap } = await import("./_websocket_tap.ts");
  return await openWebSocketTap(listen, target, options, recorder);
}

function fits(listen: URL, target: URL): boolean {
  if (listen.protocol === "ws:") return /^wss?:$/.test(target.protocol);
  return ["tcp:", "unix:"].includes(listen.protocol) &&
    STREAMS.includes(target.protocol) &&
    [listen, target].every(({ protocol, port }) =>
      protocol === "unix:" || port !== ""
    );
}
