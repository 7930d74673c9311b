/**
 * The subcommand `replay`.
 *
 * @module
 */

import { isProtocolError, type Message } from "@gotalk/gotalk/codec";
import { integerOption } from "../arguments.ts";
import type { ByteReader } from "../capture/byte_reader.ts";
import { isCapture } from "../capture/captured_conversations.ts";
import { type Command, type Given, UsageError } from "../command.ts";
import { openPeer } from "../connection.ts";
import {
  CONNECTION_OPTIONS,
  JSON_OPTION,
  timeoutOf,
} from "../connection_options.ts";
import { endedConnection, STATUS } from "../failure.ts";
import type { TimelineMessage } from "../replay/messages.ts";
import { RecordedAnswers } from "../replay/recorded_answers.ts";
import { Replay } from "../replay/replay.ts";
import { CaptureTimeline, reversed } from "../replay/timeline.ts";
import type { Terminal } from "../terminal.ts";
import { PORT_OPTION, portOption } from "./_capture_options.ts";
import { openRecording } from "./_recording_file.ts";
import { conversation, recordedMessages } from "./_recorded_messages.ts";
import { ReplayReport } from "./_replay_report.ts";

/** The largest payload that is received, in bytes. */
const MAX_PAYLOAD_BYTES = 64 * 1024 * 1024;

/** Sends one direction of a recording again. */
export const replayCommand: Command = {
  about: "Sends what one peer sent in a recording, and prints what comes back.",
  words: ["FILE", "URL", "[RECEIVED]"],
  details: [
    "FILE is a capture, of tap --record or another program, or holds the bytes " +
    "that the peer sent; RECEIVED then holds those that it received. Lines have " +
    "the request IDs of the recording.",
    "Each message is sent when it was sent in the recording, and after the " +
    "answers that came before it. Without times, in bytes, only the order " +
    "counts, and without RECEIVED not even that of answers. Requests of the " +
    "remote peer get the recorded answers.",
    "The exit status is 1 if --compare finds another answer.",
  ],
  options: [
    { name: "fast", about: "wait for answers only, not for the recorded time" },
    {
      name: "speed",
      value: "FACTOR",
      about: "how often faster than recorded: 2, or 0.5 for half the speed",
    },
    {
      name: "compare",
      about: "compare each answer with the recorded one",
    },
    {
      name: "reverse",
      about: "send what the peer sent that had accepted the connection",
    },
    {
      name: "connection",
      value: "NUMBER",
      about:
        "of a capture, which connection to send, as decode counts; 1 by default",
    },
    PORT_OPTION,
    {
      name: "payload",
      value: "BYTES",
      about: "how much of each payload to show; 64 by default",
    },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    ["replay call.pcap tcp://localhost:1234", "as it was recorded"],
    [
      "replay call.pcap tcp://localhost:1234 --fast --compare",
      "as a test: does a new version answer as the old one did?",
    ],
    [
      "replay call1.sent ws://localhost:8080/gotalk call1.received --compare",
      "the bytes of both directions",
    ],
    [
      "replay traffic.pcapng tcp://localhost:1234 --connection 3 --speed 2",
      "the third connection of a capture, twice as fast",
    ],
  ],
  async run(given, terminal) {
    const { values, flags, words: [file, url] } = given;
    const speed = speedOf(given);
    const isCompared = flags.has("compare");
    const report = new ReplayReport(terminal, {
      isJson: flags.has("json"),
      hasColors: terminal.hasColors,
      maxPayloadBytes: integerOption(given, "payload", 64, 0),
      isCompared,
    });
    await using reader = await openRecording(file!, terminal);
    const isPackets = isCapture(await reader.peek(4));
    if (!isPackets && (values.port ?? values.connection) !== undefined) {
      throw new UsageError(
        `${file} is no capture, --port and --connection are for captures only`,
      );
    }
    const capture = isPackets ? captureOf(reader, given) : undefined;
    const messages = capture?.messages() ??
      bytesTimeline(reader, given, terminal);
    const timeline = flags.has("reverse") ? reversed(messages) : messages;
    const answers = new RecordedAnswers();
    const { Handlers } = await import("@gotalk/gotalk");
    const handlers = new Handlers()
      .onOtherNotification((payload, { operation }) => {
        report.message({ kind: "Notification", name: operation, payload });
      });
    answers.addTo(handlers);
    await using peer = await openPeer(url!, given, terminal, {
      handlers,
      limits: { maxPayloadBytes: MAX_PAYLOAD_BYTES },
    });
    const replay = new Replay(peer, answers, {
      speed,
      timeout: timeoutOf(given),
      signal: terminal.signal,
      onResult: (_, result) => report.message(result),
      onSettled: (call) => report.settled(call),
    });
    await run(replay, timeline);
    if (capture?.count === 0) throw noConnection(capture, given);
    report.end(replay.unsent);
    if (capture !== undefined) checkCapture(capture, given, terminal);
    if (report.failure !== undefined) throw report.failure;
    if (replay.isCut) {
      const { error } = await peer.closed;
      throw endedConnection(error, "the connection ended before all was sent");
    }
    return report.differences > 0 ? STATUS.remoteError : STATUS.answered;
  },
};

async function run(
  replay: Replay,
  timeline: AsyncIterable<TimelineMessage>,
): Promise<void> {
  try {
    await replay.run(timeline);
  } catch (error) {
    if (!isProtocolError(error)) throw error;
    throw new Error(`the recording is malformed: ${error.message}`, {
      cause: error,
    });
  }
}

function speedOf({ values: { speed }, flags }: Given): number {
  if (flags.has("fast")) {
    if (speed !== undefined) {
      throw new UsageError("--fast and --speed exclude each other");
    }
    return Infinity;
  }
  if (speed === undefined) return 1;
  const factor = /^\d*\.?\d+$/.test(speed) ? Number(speed) : 0;
  if (factor > 0) return factor;
  throw new UsageError(`--speed is ${speed}, wanted a number above 0`);
}

function captureOf(reader: ByteReader, given: Given): CaptureTimeline {
  if (given.words.length > 2) {
    throw new UsageError(
      `${given.words[0]} is a capture, which has both directions`,
    );
  }
  const connection = integerOption(given, "connection", 1);
  return new CaptureTimeline(reader, { port: portOption(given), connection });
}

/** Returns the messages of recordings of bytes. */
function bytesTimeline(
  reader: ByteReader,
  { words: [file, , received], flags }: Given,
  terminal: Terminal,
): AsyncIterable<TimelineMessage> {
  if (received === undefined) {
    for (const flag of ["compare", "reverse"]) {
      if (!flags.has(flag)) continue;
      throw new UsageError(
        `--${flag} needs RECEIVED, as ${file} is no capture`,
      );
    }
    return untimed(recordedMessages(reader.rest()), ">");
  }
  return untimed(bothDirections(reader, received, terminal));
}

async function* bothDirections(
  sent: ByteReader,
  path: string,
  terminal: Terminal,
): ReturnType<typeof conversation> {
  await using received = await openRecording(path, terminal);
  yield* conversation(
    recordedMessages(sent.rest()),
    recordedMessages(received.rest()),
  );
}

async function* untimed(
  messages: AsyncIterable<{ message: Message; direction?: ">" | "<" }>,
  otherwise: ">" | "<" = ">",
): AsyncGenerator<TimelineMessage, void, undefined> {
  for await (const { message, direction = otherwise } of messages) {
    yield { message, direction, time: undefined };
  }
}

function noConnection(
  { connections }: CaptureTimeline,
  { values: { connection = "1" } }: Given,
): UsageError {
  return new UsageError(
    `there is no connection ${connection} with messages in the capture: it has ${connections}`,
  );
}

/** Reports what a capture lacks. */
function checkCapture(
  capture: CaptureTimeline,
  { values: { connection = "1" } }: Given,
  terminal: Terminal,
): void {
  const { connections, fault } = capture;
  if (fault !== undefined) {
    throw new Error(`the capture has faults: ${fault}`);
  }
  if (connections > 1) {
    terminal.note(
      `connection ${connection} of ${connections} was sent, see --connection`,
    );
  }
}
