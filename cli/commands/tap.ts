/**
 * The subcommand `tap`.
 *
 * @module
 */

import type { Message } from "@gotalk/gotalk/codec";
import { integerOption } from "../arguments.ts";
import { type Command, UsageError } from "../command.ts";
import { ConnectionFailure } from "../failure.ts";
import { readText } from "../input.ts";
import { untilInterrupted } from "../terminal.ts";

/** The kinds of messages that can be left out. */
const KINDS = {
  SingleRequest: true,
  StreamRequest: true,
  StreamRequestPart: true,
  SingleResult: true,
  StreamResult: true,
  ErrorResult: true,
  RetryResult: true,
  Notification: true,
  Heartbeat: true,
  ProtocolError: true,
} as const satisfies Record<Message["kind"], true>;

/** A proxy that prints messages. */
export const tapCommand: Command = {
  about:
    "Forwards connections to a target, and prints the messages in both directions.",
  words: ["LISTEN", "TARGET"],
  details: [
    "A line has the number of the connection, the time since it was opened, > " +
    "for messages from the peer that connected or < for messages to it, and " +
    "the message. LISTEN is tcp://host:port or unix:/path, and TARGET one of " +
    "these or tls://host:port; or LISTEN is ws://host:port, and TARGET a ws: " +
    "or wss: URL. Port 0 in LISTEN chooses a free port.",
  ],
  options: [
    {
      name: "hide",
      value: "KIND",
      repeats: true,
      about: "leave out messages of this kind, such as Heartbeat",
    },
    {
      name: "payload",
      value: "BYTES",
      about: "how much of each payload to show; 64 by default",
    },
    {
      name: "record",
      value: "PATH",
      about:
        "write all connections to a capture if PATH ends in .pcap, with times, and the bytes of each to PATH1.sent and PATH1.received otherwise",
    },
    {
      name: "web",
      about: "serve a page that shows the messages, at 127.0.0.1",
    },
    {
      name: "ca",
      value: "FILE",
      repeats: true,
      about: "certificates in PEM to trust as well",
    },
  ],
  examples: [
    ["tap tcp://127.0.0.1:0 tcp://localhost:1234", "between two programs"],
    [
      "tap ws://127.0.0.1:9000 wss://host/gotalk --hide Heartbeat",
      "of a page and its server",
    ],
    [
      "tap tcp://127.0.0.1:9000 tcp://localhost:1234 --web",
      "shown in a browser as well",
    ],
    [
      "tap tcp://127.0.0.1:9000 tcp://localhost:1234 --record /tmp/call",
      "and then gotalk decode /tmp/call1.sent /tmp/call1.received",
    ],
    [
      "tap tcp://127.0.0.1:9000 tls://host:1234 --record /tmp/call.pcap",
      "a capture without TLS, for gotalk decode and replay, and Wireshark",
    ],
  ],
  async run(given, terminal) {
    const [listen, target] = given.words;
    const { hide = [], ca } = given.lists;
    const wrong = hide.find((kind) => !Object.hasOwn(KINDS, kind));
    if (wrong !== undefined) {
      throw new UsageError(
        `--hide is ${wrong}, wanted one of ${Object.keys(KINDS).join(", ")}`,
      );
    }
    const maxPayloadBytes = integerOption(given, "payload", 64, 0);
    const caCerts = ca && await Promise.all(ca.map(readText));
    const { openTap } = await import("@gotalk/gotalk/tap");
    await using page = given.flags.has("web")
      ? (await import("./_tap_page_server.ts")).openTapPage()
      : undefined;
    await using tap = await openTap({
      listen: listen!,
      target: target!,
      print(line) {
        try {
          terminal.out(`${line}\n`);
        } catch {
          // Nobody reads it, which interrupts the terminal.
        }
      },
      onEntry: page?.add,
      shows: ({ kind }) => !hide.includes(kind),
      maxPayloadBytes,
      record: given.values.record,
      caCerts,
    }).catch((error) => {
      throw error instanceof TypeError
        ? new UsageError(error.message)
        : new ConnectionFailure(error.message, { cause: error });
    });
    terminal.out(`listening at ${tap.address}\n`);
    if (page !== undefined) terminal.out(`page at ${page.address}\n`);
    return await untilInterrupted(terminal);
  },
};
