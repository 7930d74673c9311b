/**
 * The subcommand `decode`.
 *
 * @module
 */

import {
  describe,
  isProtocolError,
  requestIdBytes,
} from "@gotalk/gotalk/codec";
import { integerOption } from "../arguments.ts";
import { type Command, type Given, UsageError } from "../command.ts";
import { STATUS } from "../failure.ts";
import { unreadable } from "../input.ts";
import { shown } from "../output.ts";
import type { Terminal } from "../terminal.ts";
import {
  conversation,
  type ConversationMessage,
  recordedMessages,
} from "./_recorded_messages.ts";

/** Prints the messages of recorded bytes. */
export const decodeCommand: Command = {
  about: "Prints the messages of recorded bytes, a line each.",
  words: ["FILE", "[FILE]"],
  details: [
    "FILE holds the bytes of one direction of a connection, from the first one " +
    "on; - is standard input. With two files, > marks messages of the first, " +
    "< of the second; as bytes have no times, an answer follows its request. " +
    "The exit status is 1 if a recording is malformed.",
  ],
  options: [
    {
      name: "payload",
      value: "BYTES",
      about: "how much of each payload to show; 64 by default",
    },
    { name: "json", about: "print a JSON object for each message" },
  ],
  examples: [
    ["decode sent.gotalk", "one direction"],
    ["decode sent.gotalk received.gotalk", "both, as a conversation"],
    ["decode - --payload 0 < sent.gotalk", "without payloads"],
  ],
  async run(given, terminal) {
    const payload = integerOption(given, "payload", 64, 0);
    const [first, second] = given.words;
    if (first === "-" && second === "-") {
      throw new UsageError("standard input holds one direction only");
    }
    const [sent, received] = await Promise.all([open(first!), open(second)]);
    const isPair = second !== undefined;
    try {
      for await (const each of conversation(sent, received)) {
        terminal.signal.throwIfAborted();
        terminal.out(`${lineOf(each, isPair, payload, given, terminal)}\n`);
      }
    } catch (error) {
      if (!isProtocolError(error)) throw error;
      throw new Error(`the recording is malformed: ${error.message}`, {
        cause: error,
      });
    }
    return STATUS.answered;
  },
};

function lineOf(
  { message, version, direction }: ConversationMessage,
  isPair: boolean,
  maxPayloadBytes: number,
  { flags }: Given,
  { hasColors }: Terminal,
): string {
  if (flags.has("json")) {
    return JSON.stringify({
      direction,
      version,
      ...message,
      ..."id" in message && {
        id: String.fromCharCode(...requestIdBytes(message.id, version)),
      },
      ..."payload" in message && { payload: shown(message.payload, "json") },
    });
  }
  const words = describe(message, { version, maxPayloadBytes });
  const line = isPair ? `${direction} ${words}` : words;
  return isPair && hasColors ? colored(line, direction) : line;
}

/** Returns a line in the colour of its direction. */
function colored(line: string, direction: ">" | "<"): string {
  return `\x1b[${direction === ">" ? 36 : 33}m${line}\x1b[39m`;
}

async function open(
  path: string | undefined,
): Promise<ReturnType<typeof recordedMessages>> {
  if (path === undefined) return nothing() as never;
  if (path === "-") return recordedMessages(Deno.stdin.readable);
  try {
    return recordedMessages((await Deno.open(path)).readable);
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}
