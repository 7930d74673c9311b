/**
 * The subcommand `decode`.
 *
 * @module
 */

import { isProtocolError } from "@gotalk/gotalk/codec";
import { integerOption } from "../arguments.ts";
import type { ByteReader } from "../capture/byte_reader.ts";
import { PORT_OPTION, portOption } from "./_capture_options.ts";
import { isCapture } from "../capture/captured_conversations.ts";
import { type Command, type Given, UsageError } from "../command.ts";
import { STATUS } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { printCapture } from "./_captured_lines.ts";
import { jsonLine, type LineOptions, wordsLine } from "./_message_lines.ts";
import { openRecording } from "./_recording_file.ts";
import { conversation, recordedMessages } from "./_recorded_messages.ts";

/** Prints the messages of a recording or a capture. */
export const decodeCommand: Command = {
  about: "Prints the messages of a recording or a capture, a line each.",
  words: ["FILE", "[FILE]"],
  details: [
    "FILE holds the bytes of one direction of a connection, from the first one " +
    "on; - is standard input. With two files, > marks messages of the first, " +
    "< of the second; as bytes have no times, an answer follows its request.",
    "Or FILE is a capture of packets, pcap or pcapng, with any number of " +
    "connections over TCP or WebSocket: a line begins with the number of the " +
    "connection and the time since its first packet, > marks messages of the " +
    "peer that connected, and # remarks. TLS cannot be read.",
    "The exit status is 1 if a recording is malformed or a capture misses a part.",
  ],
  options: [
    {
      name: "payload",
      value: "BYTES",
      about: "how much of each payload to show; 64 by default",
    },
    PORT_OPTION,
    { name: "json", about: "print a JSON object for each message" },
  ],
  examples: [
    ["decode sent.gotalk", "one direction"],
    ["decode sent.gotalk received.gotalk", "both, as a conversation"],
    ["decode - --payload 0 < sent.gotalk", "without payloads"],
    ["decode traffic.pcapng --port 1234", "of a capture, one server"],
  ],
  async run(given, terminal) {
    const options = lineOptions(given, terminal);
    const [first, second] = given.words;
    if (first === "-" && second === "-") {
      throw new UsageError("standard input holds one direction only");
    }
    const port = portOption(given);
    await using sent = await openRecording(first!, terminal);
    if (isCapture(await sent.peek(4))) {
      if (second !== undefined) {
        throw new UsageError(
          `${first} is a capture, which has both directions`,
        );
      }
      await printCapture(sent, { ...options, port }, terminal);
    } else if (port !== undefined) {
      throw new UsageError(
        `${first} is no capture, --port is for captures only`,
      );
    } else {
      await using received = second === undefined
        ? undefined
        : await openRecording(second, terminal);
      await printRecording(sent, received, options, terminal);
    }
    return STATUS.answered;
  },
};

async function printRecording(
  sent: ByteReader,
  received: ByteReader | undefined,
  options: LineOptions,
  terminal: Terminal,
): Promise<void> {
  const messages = conversation(
    recordedMessages(sent.rest()),
    received === undefined ? nothing() : recordedMessages(received.rest()),
  );
  try {
    for await (const each of messages) {
      terminal.signal.throwIfAborted();
      const line = options.isJson
        ? jsonLine(each)
        : wordsLine(each, options, received !== undefined);
      terminal.out(`${line}\n`);
    }
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    throw new Error(`the recording is malformed: ${error.message}`, {
      cause: error,
    });
  }
}

function lineOptions(given: Given, { hasColors }: Terminal): LineOptions {
  return {
    isJson: given.flags.has("json"),
    hasColors,
    maxPayloadBytes: integerOption(given, "payload", 64, 0),
  };
}

async function* nothing(): AsyncGenerator<never, void, undefined> {}
