/**
 * Checks of adapters: every standard operation, and every kind of message.
 *
 * @module
 */

import { json, text } from "@gotalk/gotalk/codec";
import { assertEquals } from "@std/assert";
import type {
  CallReport,
  ConnectionOptions,
  ConnectionReport,
  Implementation,
  RawMessage,
} from "../../../runner/implementation.ts";

/** How long an adapter may take for anything, in milliseconds. */
export const TIMEOUT = 20_000;

/** A request, and the wanted result. */
interface Exchange {
  readonly operation: string;
  /** The payload of a single request, or the parts of a stream. */
  readonly input: string | readonly string[];
  readonly wanted: CallReport | "error";
}

const SINGLE: readonly Exchange[] = [
  { operation: "echo", input: "hi", wanted: result("hi") },
  { operation: "echo", input: "", wanted: result("") },
  { operation: "echo", input: "\0é日本\n", wanted: result("\0é日本\n") },
  {
    operation: "fail",
    input: "nö",
    wanted: { outcome: "error", payload: text.encode("nö") },
  },
  {
    operation: "retry",
    input: '{"wait":7,"text":"later"}',
    wanted: { outcome: "retry", wait: 7, payload: text.encode("later") },
  },
  { operation: "delay", input: '{"ms":1}', wanted: result("ok") },
  { operation: "delay", input: '{"ms":0,"payload":"é"}', wanted: result("é") },
  { operation: "persist", input: '{"ms":1}', wanted: result("ok") },
  {
    operation: "size",
    input: '{"bytes":28}',
    wanted: result("abcdefghijklmnopqrstuvwxyzab"),
  },
  {
    operation: "call-back",
    input: '{"operation":"echo","payload":"there"}',
    wanted: result("there"),
  },
  {
    operation: "call-back",
    input: '{"operation":"fail","payload":"there"}',
    wanted: { outcome: "error", payload: text.encode("there") },
  },
  { operation: "crash", input: "", wanted: "error" },
  { operation: "size", input: "not JSON", wanted: "error" },
];

const STREAMS: readonly Exchange[] = [
  { operation: "stream-echo", input: ["a", "bc"], wanted: parts("a", "bc") },
  { operation: "stream-echo", input: [], wanted: parts() },
  { operation: "stream-length", input: ["ab", "c"], wanted: parts("3") },
  { operation: "count", input: ['{"par', 'ts":2}'], wanted: parts("1", "2") },
  {
    operation: "count",
    input: ['{"parts":1,"bytes":3}'],
    wanted: parts("abc"),
  },
  {
    operation: "fail",
    input: ["n", "ö"],
    wanted: { outcome: "error", payload: text.encode("nö"), parts: [] },
  },
  {
    operation: "count-fail",
    // A failure may overtake parts in the reader of a web stream.
    input: ['{"parts":0,"text":"no"}'],
    wanted: { outcome: "error", payload: text.encode("no"), parts: [] },
  },
  { operation: "ignore", input: ["a"], wanted: parts("ok") },
  { operation: "persist", input: ['{"ms"', ":1}"], wanted: parts("ok") },
  { operation: "crash", input: ["a"], wanted: "error" },
];

/** A SingleResult. */
export function result(payload: string): CallReport {
  return { outcome: "result", payload: text.encode(payload) };
}

/** StreamResults and their end. */
export function parts(...parts: string[]): CallReport {
  return {
    outcome: "stream",
    ended: true,
    parts: parts.map((part) => text.encode(part)),
  };
}

/** Requests each operation that the remote peer supports, then one that it does not. */
export async function requestAll(
  implementation: Implementation,
  connection: string,
  { operations, streams = false }: {
    readonly operations: readonly string[];
    readonly streams?: boolean;
  },
): Promise<void> {
  const exchanges = [...SINGLE, ...streams ? STREAMS : []].filter((
    { operation },
  ) => operations.includes(operation));
  for (const { operation, input, wanted } of exchanges) {
    const report = await ask(implementation, connection, operation, input);
    const about = `${operation} ${JSON.stringify(input)}`;
    if (wanted === "error") assertEquals(report.outcome, "error", about);
    else assertEquals(report, wanted, about);
  }
  const unknown = await ask(
    implementation,
    connection,
    "no such operation",
    "hi",
  );
  assertEquals(unknown.outcome, "error");
}

/** Sends a single request, or a stream request of some parts, and waits for its outcome. */
export async function ask(
  implementation: Implementation,
  connection: string,
  operation: string,
  input: string | readonly string[],
  retry = false,
): Promise<CallReport> {
  if (typeof input === "string") {
    const { call } = await implementation.ask("request", {
      connection,
      operation,
      payload: text.encode(input),
      retry,
    });
    return await settled(implementation, call);
  }
  const { call } = await implementation.ask("open-stream", {
    connection,
    operation,
  });
  for (const part of input) {
    await implementation.ask("write", { call, payload: text.encode(part) });
  }
  await implementation.ask("end", { call });
  return await settled(implementation, call);
}

/** Sends notifications, and waits until the remote peer has received them in order. */
export async function notifyAll(
  [implementation, connection]: End,
  [remote, remoteConnection]: End,
): Promise<void> {
  const question = { operation: "echo", payload: "back" };
  const sent = [
    { name: "first", payload: text.encode("hi") },
    { name: "zweite ö", payload: Uint8Array.of(0, 255) },
    { name: "ask", payload: json.encode(question) },
  ];
  for (const note of sent) {
    await implementation.ask("notify", { connection, ...note });
  }
  const notes = [...sent, { name: "asked", payload: text.encode("back") }];
  const report = await reportOf(remote, remoteConnection, {
    notes: notes.length,
  });
  assertEquals(report.notes, notes);
  const { payload = text.encode("") } = await ask(
    implementation,
    connection,
    "notes",
    "",
  );
  assertEquals(
    json.decode(payload),
    notes.map(({ name, payload }) => ({ name, payload: payload.toHex() })),
  );
}

/** An implementation and one of its connections. */
export type End = readonly [Implementation, string];

/** Connects two implementations; returns the end of the initiator, then that of the acceptor. */
export async function connectEnds(
  initiator: Implementation,
  acceptor: Implementation,
  transport: "tcp" | "unix" | "websocket",
  options: ConnectionOptions = {},
): Promise<[End, End]> {
  const { listener, address } = await acceptor.ask("listen", {
    transport,
    options,
  });
  const { connection, state, message } = await initiator.ask("connect", {
    address,
    options,
  });
  assertEquals(state, "open", message);
  const report = await acceptor.ask("report", { listener, timeout: TIMEOUT });
  const { connections } = report as { connections: readonly string[] };
  return [[initiator, connection], [acceptor, connections[0] ?? ""]];
}

/** What became of a call. */
export async function settled(
  implementation: Implementation,
  call: string,
): Promise<CallReport> {
  const report = await implementation.ask("report", { call, timeout: TIMEOUT });
  return report as CallReport;
}

/** Returns the report of a connection once it is closed or has received enough. */
export async function reportOf(
  implementation: Implementation,
  connection: string,
  enough: { notes?: number; heartbeats?: number } = {},
): Promise<ConnectionReport> {
  const args = { connection, timeout: TIMEOUT, ...enough };
  return await implementation.ask("report", args) as ConnectionReport;
}

const ID = { id: text.encode("0001") };
const HI = { payload: text.encode("hi") };
const OPERATION = { operation: text.encode("echo") };

/** One message of each kind, and its bytes. */
const MESSAGES: readonly (readonly [string, RawMessage])[] = [
  ["r0001004echo00000002hi", {
    kind: "SingleRequest",
    ...ID,
    ...OPERATION,
    ...HI,
  }],
  ["s0001004echo00000002hi", {
    kind: "StreamRequest",
    ...ID,
    ...OPERATION,
    ...HI,
  }],
  ["p000100000002hi", { kind: "StreamRequestPart", ...ID, ...HI }],
  ["R000100000002hi", { kind: "SingleResult", ...ID, ...HI }],
  ["S000100000002hi", { kind: "StreamResult", ...ID, ...HI }],
  ["E000100000002hi", { kind: "ErrorResult", ...ID, ...HI }],
  ["e0001000009c400000002hi", {
    kind: "RetryResult",
    ...ID,
    wait: 2500,
    ...HI,
  }],
  ["n004news00000002hi", {
    kind: "Notification",
    name: text.encode("news"),
    ...HI,
  }],
  ["h040065bb87c0", { kind: "Heartbeat", load: 1024, time: 1706788800 }],
  ["f00000002", { kind: "ProtocolError", code: 2 }],
];

/** Encodes and decodes a message of each kind, without those that the implementation does not have. */
export async function codeAll(
  implementation: Implementation,
  without: { encode?: readonly string[]; decode?: readonly string[] } = {},
): Promise<void> {
  assertEquals(await implementation.ask("encode", {}), {
    bytes: text.encode("01"),
  });
  for (const [wire, message] of MESSAGES) {
    const { kind } = message;
    const bytes = text.encode(wire);
    if (!without.encode?.includes(kind)) {
      assertEquals(
        await implementation.ask("encode", { message }),
        { bytes },
        kind,
      );
    }
    if (without.decode?.includes(kind)) continue;
    const chunks = Array.from(bytes, (byte) => Uint8Array.of(byte));
    assertEquals(await implementation.ask("decode", { chunks, end: true }), {
      messages: [{ chunk: chunks.length - 1, message }],
    }, kind);
    const cut = [text.encode("0"), text.encode("1" + wire), bytes.slice(0, 3)];
    assertEquals(
      await implementation.ask("decode", { chunks: cut, handshake: true }),
      {
        messages: [{ chunk: 1, message }],
      },
      kind,
    );
    const { messages, refused } = await implementation.ask("decode", {
      chunks: [text.encode("01" + wire), bytes.slice(0, 3)],
      handshake: true,
      end: true,
    });
    assertEquals(messages, [{ chunk: 0, message }], kind);
    assertEquals(refused?.chunk, 1, kind);
  }
}
