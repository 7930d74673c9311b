/**
 * The attacks: what hostile clients send.
 *
 * @module
 */

import { binaryFrame, frame, OPCODES, upgradeRequest } from "./_frames.ts";

/** The kinds of server that can be attacked. */
export const TARGETS = ["tcp", "tls", "unix", "websocket", "upgrade"] as const;

/** A kind of server: how it accepts connections. */
export type Target = typeof TARGETS[number];

/** What one hostile client does; it connects again whenever it is disconnected. */
export interface Attack {
  /** A short name, unique per target. */
  readonly name: string;
  /** What it does, in the third person. */
  readonly does: string;
  /** The servers that it applies to. */
  readonly on: readonly Target[];
  /**
   * What the bytes are: Gotalk messages (in WebSocket messages where the target
   * is a WebSocket), WebSocket frames after a handshake, or all bytes of the
   * connection.
   */
  readonly layer: "messages" | "frames" | "bytes";
  /** What to send first; every character is a byte. */
  readonly first?: string;
  /** What to send after that, repeatedly. */
  readonly then?: string;
  /** The pause between repetitions, in milliseconds; none by default. */
  readonly pause?: number;
  /** Whether the client reads; `false` by default. */
  readonly reads?: boolean;
  /** Why the memory of a kind of server grows, where the runtime decides it. */
  readonly runtime?: Partial<Record<Target, string>>;
  /** How the client ends the connection after `first`, to connect again at once. */
  readonly leaves?: "end" | "half-close" | "reset";
}

const KIB = 1024;
const MIB = 1024 * KIB;

/** The volume of one write of a flood, in bytes. */
const FLOOD = 64 * KIB;

const ALL = TARGETS;
const STREAMS = ["tcp", "tls", "unix"] as const;
const SOCKETS = ["websocket", "upgrade"] as const;
const PLAIN = ["tcp", "websocket", "upgrade"] as const;
const ACCEPTED = ["tcp", "tls", "unix", "websocket"] as const;

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function request(operation: string, payload = "", id = 1): string {
  return `r${hex(id, 4)}${named(operation, payload)}`;
}

function streamRequest(operation: string, id: number, payload = ""): string {
  return `s${hex(id, 4)}${named(operation, payload)}`;
}

function notification(name: string, payload = ""): string {
  return `n${named(name, payload)}`;
}

function part(id: number, payload: string): string {
  return `p${hex(id, 4)}${hex(payload.length, 8)}${payload}`;
}

function named(name: string, payload: string): string {
  return `${hex(name.length, 3)}${name}${hex(payload.length, 8)}${payload}`;
}

/** Repeats a text up to the volume of one write. */
function flood(text: string): string {
  return text.repeat(Math.max(1, Math.floor(FLOOD / text.length)));
}

/** Returns a text for each of `count` request IDs. */
function each(count: number, text: (id: number) => string): string {
  return Array.from({ length: count }, (_, id) => text(id)).join("");
}

const VERSION = "01";
const BLOB = "x".repeat(MIB);
const NAME_OF_CONTROLS = "\x01".repeat(4095);
const NAME_OF_NO_TEXT = "\xff".repeat(4095);

/** Attacks by Gotalk messages. */
const MESSAGES: readonly Omit<Attack, "layer">[] = [
  {
    name: "idle",
    does: "connects and sends only the version",
    on: ALL,
    first: VERSION,
    reads: true,
  },
  {
    name: "echo",
    does: "floods with small requests",
    on: ALL,
    first: VERSION,
    then: flood(request("echo", "hi")),
    reads: true,
  },
  {
    name: "echo-unread",
    does: "floods with requests of 1 KiB and reads no result",
    on: PLAIN,
    first: VERSION,
    then: flood(request("echo", "x".repeat(KIB))),
  },
  {
    name: "echo-1MiB",
    does: "floods with requests of 1 MiB",
    on: PLAIN,
    first: VERSION,
    then: request("echo", BLOB),
    reads: true,
  },
  {
    name: "echo-1MiB-unread",
    does: "floods with requests of 1 MiB and reads no result",
    on: PLAIN,
    first: VERSION,
    then: request("echo", BLOB),
  },
  {
    name: "big-unread",
    does: "floods with requests whose results have 1 MiB, and reads none",
    on: PLAIN,
    first: VERSION,
    then: flood(request("big")),
  },
  {
    name: "list-unread",
    does:
      "sends 256 requests whose results of 4 MiB come later, and reads none",
    on: PLAIN,
    first: VERSION + each(256, (id) => request("list", "", id)),
    then: "",
    pause: 100,
  },
  {
    name: "slow-1MiB",
    does: "floods a slow handler with requests of 1 MiB",
    on: PLAIN,
    first: VERSION,
    then: request("slow", BLOB),
    reads: true,
  },
  {
    name: "slow-notifications-1MiB",
    does: "floods a slow handler with notifications of 1 MiB",
    on: PLAIN,
    first: VERSION,
    then: notification("slow", BLOB),
    reads: true,
  },
  {
    name: "unknown-operation",
    does: "floods with requests for an unknown operation",
    on: ALL,
    first: VERSION,
    then: flood(request("none")),
    reads: true,
  },
  {
    name: "unknown-operation-unread",
    does: "floods with requests for an unknown operation and reads no result",
    on: PLAIN,
    first: VERSION,
    then: flood(request("none")),
  },
  {
    name: "control-name-unread",
    does: "floods with operations named by 4,095 control characters",
    on: PLAIN,
    first: VERSION,
    then: flood(request(NAME_OF_CONTROLS)),
  },
  {
    name: "binary-name-unread",
    does: "floods with operations named by 4,095 bytes that are not UTF-8",
    on: PLAIN,
    first: VERSION,
    then: flood(request(NAME_OF_NO_TEXT)),
  },
  {
    name: "over-limit-unread",
    does: "sends far more requests to a slow handler than it may",
    on: PLAIN,
    first: VERSION,
    then: flood(request("slow")),
  },
  {
    name: "failing-handler",
    does: "floods with requests whose handler throws",
    on: PLAIN,
    first: VERSION,
    then: flood(request("fail", "1")),
    reads: true,
  },
  {
    name: "unknown-notification",
    does: "floods with unknown notifications",
    on: PLAIN,
    first: VERSION,
    then: flood(notification("none")),
    reads: true,
  },
  {
    name: "notification",
    does: "floods with notifications that have a handler",
    on: PLAIN,
    first: VERSION,
    then: flood(notification("note")),
    reads: true,
  },
  ...(["heartbeat", "f", "R", "S", "E", "e", "p"] as const).map((what) => ({
    name: what === "heartbeat" ? "heartbeats" : `unproductive-${what}`,
    does: what === "heartbeat"
      ? "floods with heartbeats"
      : `floods with messages ${what} that nothing awaits`,
    on: ["tcp"] as const,
    first: VERSION,
    then: flood(
      {
        heartbeat: "h000000000000",
        f: "f00000000",
        R: "R000100000001x",
        S: "S000100000001x",
        E: "E000100000001x",
        e: "e00010000000000000001x",
        p: "p000100000001x",
      }[what],
    ),
    reads: true,
  })),
  {
    name: "streams-opened",
    does: "opens streams without end",
    on: PLAIN,
    first: VERSION,
    then: each(2_000, (id) => streamRequest("ignore", id)),
    reads: true,
  },
  {
    name: "streams-opened-unread",
    does: "opens streams without end and reads no refusal",
    on: PLAIN,
    first: VERSION,
    then: each(2_000, (id) => streamRequest("ignore", id)),
  },
  {
    name: "streams-opened-and-ended",
    does: "opens and ends streams without end",
    on: PLAIN,
    first: VERSION,
    then: each(
      1_000,
      (id) => streamRequest("copy", id) + part(id, "x") + part(id, ""),
    ),
    reads: true,
  },
  {
    name: "streams-unread-parts",
    does: "fills 64 streams that the handler does not read",
    on: PLAIN,
    first: VERSION + each(64, (id) => streamRequest("ignore", id)),
    then: each(64, (id) => part(id, "x".repeat(16 * KIB))),
  },
  {
    name: "streams-tiny-parts",
    does: "fills 64 unread streams with parts of one byte",
    on: ALL,
    first: VERSION + each(64, (id) => streamRequest("ignore", id)),
    then: each(64, (id) => part(id, "x").repeat(64)),
  },
  {
    name: "streams-endless-unread",
    does: "opens 64 endless streams and reads none",
    on: PLAIN,
    first: VERSION +
      each(64, (id) => streamRequest("endless", id) + part(id, "")),
    then: "",
    pause: 100,
  },
  {
    name: "stream-same-id",
    does: "opens two streams with one request ID",
    on: ["tcp"],
    first: VERSION + streamRequest("ignore", 1).repeat(2),
    reads: true,
  },
  {
    name: "announce-4GiB-request",
    does: "announces a request of 4 GiB",
    on: PLAIN,
    first: `${VERSION}r0001004echoffffffff`,
    reads: true,
  },
  {
    name: "announce-4GiB-notification",
    does: "announces a notification of 4 GiB",
    on: ["tcp"],
    first: `${VERSION}n004noteffffffff`,
    reads: true,
  },
  {
    name: "announce-16MiB",
    does: "announces a request of 16 MiB and sends nothing of it",
    on: PLAIN,
    first: `${VERSION}r0001004echo01000000`,
    reads: true,
  },
  {
    name: "skipped-64MiB",
    does:
      "sends payloads that are too large to accept and small enough to skip",
    on: ["tcp"],
    first: VERSION,
    then: request("echo", "x".repeat(20 * MIB)),
    reads: true,
  },
  {
    name: "trickle-16MiB",
    does: "sends all but a little of 16 MiB at once, the rest at 2 KiB/s",
    on: PLAIN,
    first: `${VERSION}r0001004echo01000000${"x".repeat(15 * MIB)}`,
    then: "x".repeat(200),
    pause: 100,
  },
  {
    name: "slow-version",
    does: "sends half a version and nothing more",
    on: ACCEPTED,
    first: "0",
    reads: true,
  },
  {
    name: "slow-header",
    does: "sends a header byte by byte, one in two seconds",
    on: ["tcp"],
    first: `${VERSION}r0001`,
    then: "0",
    pause: 2_000,
    reads: true,
  },
  {
    name: "slow-payload",
    does: "sends a payload at one byte per second",
    on: ["tcp"],
    first: `${VERSION}r0001004echo00100000`,
    then: "x",
    pause: 1_000,
    reads: true,
  },
  {
    name: "json-garbage",
    does: "floods with payloads that are not JSON",
    on: ["tcp"],
    first: VERSION,
    then: flood(request("same", "{[:")),
    reads: true,
  },
  {
    name: "json-deep",
    does: "sends JSON of 16 MiB that is 8 million levels deep",
    on: ["tcp"],
    first: VERSION,
    then: request("same", "[".repeat(8 * MIB) + "]".repeat(8 * MIB)),
    reads: true,
  },
  {
    name: "json-objects",
    does: "sends JSON of 16 MiB with 5 million objects",
    on: ["tcp"],
    first: VERSION,
    then: request("same", `[${"{},".repeat(5_592_400)}{}]`),
    reads: true,
  },
  {
    name: "json-just-accepted",
    does: "floods with JSON of 1 MiB with many objects",
    on: ["tcp"],
    first: VERSION,
    then: request("same", `[${"{},".repeat(349_000)}{}]`),
    reads: true,
  },
  {
    name: "names-of-prototypes",
    does: "floods with operations named like members of objects",
    on: ["tcp"],
    first: VERSION,
    then: flood(request("__proto__") + request("constructor")),
    reads: true,
  },
];

const UPGRADE = upgradeRequest();
const EMPTY_CONTINUATION = frame(OPCODES.continuation, "", { final: false });

/** Attacks by WebSocket frames. */
const FRAMES: readonly Omit<Attack, "layer" | "on">[] = [
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
    runtime: { upgrade: "the runtime holds messages of up to 64 MiB" },
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
const BYTES: readonly Omit<Attack, "layer">[] = [
  {
    name: "silent",
    does: "connects and sends nothing",
    on: ALL,
    reads: true,
  },
  {
    name: "random",
    does: "sends bytes without a meaning",
    on: ["tcp", "tls", "websocket"],
    first: each(KIB, (n) => String.fromCharCode((n * 167 + 89) % 256)),
    reads: true,
  },
  ...(["end", "half-close", "reset"] as const).map((leaves) => ({
    name: `churn-${leaves}`,
    does: `connects and leaves by ${
      leaves === "end" ? "closing" : leaves === "reset" ? "a reset" : leaves
    }, without end`,
    on: leaves === "reset" ? PLAIN : ALL,
    leaves,
  })),
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
    on: SOCKETS,
    first: "GET / HTTP/1.1\r\nX: ",
    then: "x",
    pause: 500,
    reads: true,
  },
  {
    name: "http-endless-head",
    does: "sends an HTTP head without end",
    on: SOCKETS,
    first: "GET / HTTP/1.1\r\n",
    then: flood("X-Filler: filler\r\n"),
    reads: true,
  },
  {
    name: "http-pipelined-gets",
    does: "floods with HTTP requests that are no handshake",
    on: SOCKETS,
    then: flood("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    reads: true,
  },
  {
    name: "http-pipelined-handshakes",
    does: "floods with handshakes on one connection",
    on: SOCKETS,
    then: flood(UPGRADE),
    reads: true,
  },
];

/** All attacks. */
export const ATTACKS: readonly Attack[] = [
  ...MESSAGES.map((attack) => ({ ...attack, layer: "messages" as const })),
  ...FRAMES.map((attack) => ({
    ...attack,
    on: SOCKETS,
    layer: "frames" as const,
  })),
  ...BYTES.map((attack) => ({ ...attack, layer: "bytes" as const })),
];

/** Whether a target speaks WebSocket. */
export function isWebSocket(target: Target): boolean {
  return !(STREAMS as readonly Target[]).includes(target);
}
