/**
 * Attacks by WebSocket frames, by other bytes, and by connections alone.
 *
 * @module
 */

import { type Attack, FLOOD, flood, SERVERS } from "./_attack.ts";
import {
  each,
  notification,
  request,
  streamRequest,
  VERSION,
} from "./_messages.ts";
import { binaryFrame, frame, OPCODES, upgradeRequest } from "./_frames.ts";

const MIB = 1024 * 1024;

const UPGRADE = upgradeRequest();
const EMPTY_CONTINUATION = frame(OPCODES.continuation, "", { final: false });

/** Attacks by WebSocket frames. */
export const FRAME_ATTACKS: readonly Omit<Attack, "layer" | "on">[] = [
  {
    name: "frames-none",
    does: "opens a WebSocket and sends nothing",
    reads: true,
  },
  {
    name: "frame-1TiB-announced",
    does: "announces a frame of 1 TiB",
    first: "\x82\xff\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
    reads: true,
  },
  {
    name: "frame-4GiB-filled",
    does: "announces a frame of 4 GiB and fills it",
    first: "\x82\xff\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00",
    then: "x".repeat(FLOOD),
    reads: true,
  },
  {
    name: "frame-60MiB-incomplete",
    does: "sends 60 MiB of a frame and stops",
    first: `\x82\xff\x00\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00${
      "x".repeat(60 * MIB)
    }`,
    reads: true,
    exceptions: {
      upgrade: {
        most: 8 * 1024 * MIB,
        why: "the runtime holds messages of up to 64 MiB",
      },
    },
  },
  {
    name: "continuations-empty",
    does: "sends empty continuation frames without end",
    first: frame(OPCODES.binary, "01", { final: false }),
    then: flood(EMPTY_CONTINUATION),
    reads: true,
  },
  {
    name: "continuations-1B",
    does: "sends a message as continuation frames of one byte without end",
    first: frame(OPCODES.binary, "01", { final: false }),
    then: flood(
      [...notification("none")].map((byte) =>
        frame(OPCODES.continuation, byte, { final: false })
      ).join(""),
    ),
    reads: true,
  },
  {
    name: "frames-1B-echo",
    does: "sends requests as messages of one byte",
    first: binaryFrame(VERSION),
    then: flood([...request("echo", "hi")].map(binaryFrame).join("")),
    reads: true,
  },
  {
    name: "pings",
    does: "floods with pings",
    then: flood(frame(OPCODES.ping, "ping")),
    reads: true,
  },
  {
    name: "pings-unread",
    does: "floods with pings and reads no pong",
    then: flood(frame(OPCODES.ping, "x".repeat(125))),
  },
  {
    name: "pongs",
    does: "floods with pongs",
    then: flood(frame(OPCODES.pong, "pong")),
    reads: true,
  },
  {
    name: "messages-empty",
    does: "floods with empty messages",
    then: flood(binaryFrame("")),
    reads: true,
  },
  {
    name: "pings-inside-message",
    does: "sends control frames between continuation frames",
    first: frame(OPCODES.binary, "01", { final: false }),
    then: flood(frame(OPCODES.ping, "") + EMPTY_CONTINUATION),
    reads: true,
  },
  {
    name: "close-unfinished",
    does: "sends half a close frame",
    first: "\x88\x82\x00\x00",
    reads: true,
  },
  {
    name: "data-after-close",
    does: "sends messages after a close frame",
    first: frame(OPCODES.close, "\x03\xe8"),
    then: flood(binaryFrame(request("echo", "hi"))),
    reads: true,
  },
  {
    name: "frame-compressed",
    does: "sends a frame with a reserved bit",
    first: "\xc2\x82\x00\x00\x00\x0001",
    reads: true,
  },
  {
    name: "text-not-UTF-8",
    does: "sends text that is not UTF-8",
    first: frame(OPCODES.text, "01\xff"),
    reads: true,
  },
  {
    name: "frame-unmasked",
    does: "sends a frame without a mask",
    first: "\x82\x0201",
    reads: true,
  },
];

/** Attacks by bytes that are not of the protocol, and by connections alone. */
export const BYTE_ATTACKS: readonly Omit<Attack, "layer">[] = [
  {
    name: "silent",
    does: "connects and sends nothing",
    on: SERVERS.all,
    reads: true,
  },
  {
    name: "random",
    does: "sends bytes without a meaning",
    on: ["tcp", "tls", "websocket"],
    first: each(1024, (n) => String.fromCharCode((n * 167 + 89) % 256)),
    reads: true,
  },
  ...(["end", "half-close", "reset"] as const).map((leaves) => ({
    name: `churn-${leaves}`,
    does: `connects and leaves by ${
      leaves === "end" ? "closing" : leaves === "reset" ? "a reset" : leaves
    }, without end`,
    on: leaves === "reset" ? SERVERS.plain : SERVERS.all,
    leaves,
  })),
  {
    name: "half-close-held",
    does:
      "requests a slow handler and a stream that does not end, half-closes, and stays",
    on: ["tcp", "tls"],
    first: VERSION + request("slow") + streamRequest("ignore", 2),
    leaves: "half-close",
  },
  {
    name: "resets",
    does:
      "connects and resets the connection once a second, while the well-behaved client connects anew for each call",
    on: SERVERS.accepted,
    leaves: "reset",
    pause: 1_000,
    reconnects: true,
  },
  {
    name: "tls-half-hello",
    does: "sends half a TLS handshake",
    on: ["tls"],
    first: "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    reads: true,
  },
  {
    name: "http-slow-head",
    does: "sends an HTTP head byte by byte, two in a second",
    on: SERVERS.sockets,
    first: "GET / HTTP/1.1\r\nX: ",
    then: "x",
    pause: 500,
    reads: true,
  },
  {
    name: "http-endless-head",
    does: "sends an HTTP head without end",
    on: SERVERS.sockets,
    first: "GET / HTTP/1.1\r\n",
    then: flood("X-Filler: filler\r\n"),
    reads: true,
  },
  {
    name: "http-pipelined-gets",
    does: "floods with HTTP requests that are no handshake",
    on: SERVERS.sockets,
    then: flood("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    reads: true,
  },
  {
    name: "http-pipelined-handshakes",
    does: "floods with handshakes on one connection",
    on: SERVERS.sockets,
    then: flood(UPGRADE),
    reads: true,
  },
];
