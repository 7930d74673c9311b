/**
 * Attacks by Gotalk messages.
 *
 * @module
 */

import {
  type Attack,
  flood,
  type MemoryException,
  SERVERS,
} from "./_attack.ts";
import {
  cancel,
  each,
  notification,
  part,
  request,
  streamRequest,
  VERSION,
} from "./_messages.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const BLOB = "x".repeat(MIB);
const NAME_OF_CONTROLS = "\x01".repeat(4095);
const NAME_OF_NO_TEXT = "\xff".repeat(4095);

/** Handlers that return later have all started before the size of a result is known. */
const LATE: MemoryException = {
  most: 640 * MIB,
  why: "25,600 handlers return 4 MiB each, which the engine collects late",
};

/** What the WebSocket of the runtime holds of messages of 1 MiB: each until it is complete, and copies of those it sends. */
const COPIED: MemoryException = {
  most: 640 * MIB,
  why: "the runtime holds messages until they are complete, and copies results",
};

/** What it holds of larger messages. */
const INCOMPLETE: MemoryException = {
  most: 2 * 1024 * MIB,
  why: "the runtime holds messages of up to 64 MiB until they are complete",
};

/** Attacks by Gotalk messages. */
export const MESSAGE_ATTACKS: readonly Omit<Attack, "layer">[] = [
  {
    name: "idle",
    does: "connects and sends only the version",
    on: SERVERS.all,
    first: VERSION,
    reads: true,
  },
  {
    name: "echo",
    does: "floods with small requests",
    on: SERVERS.all,
    first: VERSION,
    then: flood(request("echo", "hi")),
    reads: true,
  },
  {
    name: "echo-unread",
    does: "floods with requests of 1 KiB and reads no result",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request("echo", "x".repeat(KIB))),
  },
  {
    name: "echo-1MiB",
    does: "floods with requests of 1 MiB",
    on: SERVERS.plain,
    first: VERSION,
    then: request("echo", BLOB),
    reads: true,
    exceptions: { upgrade: COPIED },
  },
  {
    name: "echo-1MiB-unread",
    does: "floods with requests of 1 MiB and reads no result",
    on: SERVERS.plain,
    first: VERSION,
    then: request("echo", BLOB),
    exceptions: { upgrade: COPIED },
  },
  {
    name: "big-unread",
    does: "floods with requests whose results have 1 MiB, and reads none",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request("big")),
    exceptions: { upgrade: COPIED },
  },
  {
    name: "list-unread",
    does:
      "sends 256 requests whose results of 4 MiB come later, and reads none",
    on: SERVERS.plain,
    first: VERSION + each(256, (id) => request("list", "", id)),
    then: "",
    pause: 100,
    exceptions: { tcp: LATE, websocket: LATE, upgrade: LATE },
  },
  {
    name: "slow-1MiB",
    does: "floods a slow handler with requests of 1 MiB",
    on: SERVERS.plain,
    first: VERSION,
    then: request("slow", BLOB),
    reads: true,
    exceptions: { upgrade: COPIED },
  },
  {
    name: "slow-notifications-1MiB",
    does: "floods a slow handler with notifications of 1 MiB",
    on: SERVERS.plain,
    first: VERSION,
    then: notification("slow", BLOB),
    reads: true,
    exceptions: { upgrade: COPIED },
  },
  {
    name: "unknown-operation",
    does: "floods with requests for an unknown operation",
    on: SERVERS.all,
    first: VERSION,
    then: flood(request("none")),
    reads: true,
  },
  {
    name: "unknown-operation-unread",
    does: "floods with requests for an unknown operation and reads no result",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request("none")),
  },
  {
    name: "control-name-unread",
    does: "floods with operations named by 4,095 control characters",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request(NAME_OF_CONTROLS)),
  },
  {
    name: "binary-name-unread",
    does: "floods with operations named by 4,095 bytes that are not UTF-8",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request(NAME_OF_NO_TEXT)),
  },
  {
    name: "over-limit-unread",
    does: "sends far more requests to a slow handler than it may",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request("slow")),
  },
  {
    name: "failing-handler",
    does: "floods with requests whose handler throws",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(request("fail", "1")),
    reads: true,
  },
  {
    name: "unknown-notification",
    does: "floods with unknown notifications",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(notification("none")),
    reads: true,
  },
  {
    name: "notification",
    does: "floods with notifications that have a handler",
    on: SERVERS.plain,
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
    on: SERVERS.plain,
    first: VERSION,
    then: each(2_000, (id) => streamRequest("ignore", id)),
    reads: true,
  },
  {
    name: "streams-opened-unread",
    does: "opens streams without end and reads no refusal",
    on: SERVERS.plain,
    first: VERSION,
    then: each(2_000, (id) => streamRequest("ignore", id)),
  },
  {
    name: "streams-opened-and-ended",
    does: "opens and ends streams without end",
    on: SERVERS.plain,
    first: VERSION,
    then: each(
      1_000,
      (id) => streamRequest("copy", id) + part(id, "x") + part(id, ""),
    ),
    reads: true,
  },
  {
    name: "cancel-loop",
    does: "cancels each request to a slow handler right behind it",
    on: SERVERS.plain,
    first: VERSION,
    then: each(1_000, (id) => request("slow", "", id) + cancel(id)),
    reads: true,
  },
  {
    name: "cancel-loop-streams",
    does: "opens and cancels streams without end",
    on: SERVERS.plain,
    first: VERSION,
    then: each(1_000, (id) => streamRequest("ignore", id) + cancel(id)),
    reads: true,
  },
  {
    name: "cancel-unknown",
    does: "floods with cancels of requests that it has not made",
    on: SERVERS.plain,
    first: VERSION,
    then: flood(cancel(1)),
    reads: true,
  },
  {
    name: "streams-unread-parts",
    does: "fills 64 streams that the handler does not read",
    on: SERVERS.plain,
    first: VERSION + each(64, (id) => streamRequest("ignore", id)),
    then: each(64, (id) => part(id, "x".repeat(16 * KIB))),
  },
  {
    name: "streams-tiny-parts",
    does: "fills 64 unread streams with parts of one byte",
    on: SERVERS.all,
    first: VERSION + each(64, (id) => streamRequest("ignore", id)),
    then: each(64, (id) => part(id, "x").repeat(64)),
  },
  {
    name: "streams-endless-unread",
    does: "opens 64 endless streams and reads none",
    on: SERVERS.plain,
    first: VERSION +
      each(64, (id) => streamRequest("endless", id) + part(id, "")),
    then: "",
    pause: 100,
    exceptions: { upgrade: COPIED },
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
    on: SERVERS.plain,
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
    on: SERVERS.plain,
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
    on: SERVERS.plain,
    first: `${VERSION}r0001004echo01000000${"x".repeat(15 * MIB)}`,
    then: "x".repeat(200),
    pause: 100,
    exceptions: { upgrade: INCOMPLETE },
  },
  {
    name: "slow-version",
    does: "sends half a version and nothing more",
    on: SERVERS.accepted,
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
    name: "json-keys",
    does: "floods with JSON of 1 MiB with 100,000 different keys",
    on: ["tcp"],
    first: VERSION,
    then: request(
      "same",
      `[${each(100_000, (id) => `{"${id.toString(36)}":0},`).slice(0, -1)}]`,
    ),
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
