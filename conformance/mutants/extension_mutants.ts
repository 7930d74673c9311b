/**
 * Mutants that speak extensions wrongly, or are disturbed by those of others.
 *
 * @module
 */

import { CANCEL_MUTANTS } from "./cancel_mutants.ts";
import { CREDIT_MUTANTS } from "./credit_mutants.ts";
import { DRAIN_MUTANTS } from "./drain_mutants.ts";
import type { Mutant } from "./mutant.ts";

/** Mutants that fail with peers which speak extensions; conversations without any kill them. */
export const DISTURBED_MUTANTS: readonly Mutant[] = [
  {
    name: "names-like-extensions-dropped",
    does: "drops notifications whose names begin with gotalk, without a colon",
    edits: [{
      in: "isReservedName",
      from: "name.startsWith(RESERVED_PREFIX)",
      to: 'name.startsWith("gotalk")',
    }],
  },
  {
    name: "extension-ends",
    does: "ends the connection over a notification of an extension",
    edits: [{
      in: "isForExtension",
      from: "extensions?.received(name, payload);",
      to: 'if (name !== "") throw new TypeError("mutant");',
    }],
  },
  {
    name: "extension-answered",
    does: "answers notifications of extensions with an ErrorResult",
    edits: [{
      in: "Extensions.received",
      first:
        'this.#link.send({ kind: "ErrorResult", id: 0x30303031 as any, payload } as any);',
    }],
  },
];

/** Mutants of merged messages on WebSocket. */
const BYTES_MUTANTS: readonly Mutant[] = [
  {
    name: "bytes-unanswered",
    does: "does not answer gotalk:bytes",
    edits: [{
      in: "ByteStream.received",
      from: "if (isAcceptor) this.#answer();",
      to: "",
    }],
  },
  {
    name: "bytes-answered-each-time",
    does: "answers each gotalk:bytes, in both roles",
    edits: [{
      in: "ByteStream.received",
      from: "this.#isKnown = true; if (isAcceptor) this.#answer();",
      to: "if (isAcceptor !== undefined) this.#answer();",
    }],
  },
  {
    name: "bytes-with-payload-answered",
    does: "answers gotalk:bytes with a payload",
    edits: [{
      in: "ByteStream.received",
      from: 'this.#link.drop("Notification", "malformed");',
      to: 'this.#link.drop("Notification", "malformed"); this.#answer();',
    }],
  },
  {
    name: "bytes-first-as-acceptor",
    does: "writes gotalk:bytes directly after its version in both roles",
    edits: [{
      in: "Extensions.start",
      from: "if (!isAcceptor && channel.mergeUnits !== undefined)",
      to: "if (isAcceptor !== undefined && channel.mergeUnits !== undefined)",
    }],
  },
  {
    name: "bytes-on-every-transport",
    does: "writes and answers gotalk:bytes on every transport",
    edits: [{
      in: "ByteStream.received",
      from:
        "const isWanted = channel.mergeUnits !== undefined && !this.#isKnown;",
      to:
        "if (channel.mergeUnits === undefined) return this.#answer(); const isWanted = !this.#isKnown;",
    }],
  },
  {
    name: "merged-masked-anew",
    does: "masks each piece of a large message from the start of its key",
    edits: [{ in: "FrameSender.#sendLarge", from: "phase += length;", to: "" }],
  },
  {
    name: "merged-units-misplaced",
    does: "copies each further unit of a merged message one byte too early",
    edits: [{
      in: "WriteUnits.toBytes",
      from: "at += segment.byteLength;",
      to: "at += segment.byteLength - 1;",
    }],
  },
  {
    name: "merged-never-continued",
    does: "writes each further fragment of a large message as a new message",
    edits: [{
      in: "FrameSender.#sendLarge",
      from: "opcode = OPCODE.continuation;",
      to: "",
    }],
  },
  {
    name: "merged-at-once",
    does: "merges write units before the other peer has agreed",
    edits: [{
      in: "Extensions.start",
      first: "this.#link.channel.mergeUnits?.();",
    }],
  },
];

/** Mutants of traces. */
const TRACE_MUTANTS: readonly Mutant[] = [
  {
    name: "malformed-trace-ends",
    does: "ends the connection over a trace that is malformed or one too many",
    edits: [{
      in: "ReceivedTraces.#drop",
      from: "this.#link.countUnproductive();",
      to: 'throw new TypeError("mutant");',
    }],
  },
  {
    name: "traced-request-dropped",
    does: "takes a trace for its request, and drops the request",
    edits: [{
      in: "isForExtension",
      from: "extensions?.requestArrives(id);",
      to:
        "extensions?.requestArrives(id); if (extensions?.parent !== undefined) return true;",
    }],
  },
  {
    name: "traced-streams-fail",
    does: "fails stream requests while it records traces",
    edits: [{
      in: "Traced.until",
      first: "return undefined as never;",
    }],
  },
  {
    name: "own-streams-untraceable",
    does: "opens no streams while it records traces",
    edits: [{
      in: "Requestor.stream",
      from: "const { signal } = options;",
      to:
        'const { signal } = options; if (traced as unknown) throw new TypeError("mutant");',
    }],
  },
];

/** How a name that is reserved is known. */
const RESERVED = "name.startsWith(RESERVED_PREFIX)";

/** Mutants of reserved names. */
const NAME_MUTANTS: readonly Mutant[] = [
  {
    name: "reserved-without-colon",
    does: "takes every name that begins with gotalk for a reserved one",
    edits: [{
      in: "isReservedName",
      from: RESERVED,
      to: 'name.startsWith("gotalk")',
    }],
  },
  {
    name: "reserved-in-any-case",
    does: "knows reserved names without case",
    edits: [{
      in: "isReservedName",
      from: RESERVED,
      to: "name.toLowerCase().startsWith(RESERVED_PREFIX)",
    }],
  },
  {
    name: "reserved-only-if-known",
    does: "delivers notifications of extensions that it does not know",
    edits: [{
      in: "isForExtension",
      from: "if (!isReservedName(name)) return false;",
      to:
        'if (!isReservedName(name) || !["cancel", "credit", "drain", "bytes", "trace"].includes(String(name).slice(7))) return false;',
    }],
  },
  {
    name: "reserved-inside",
    does: "takes a name that contains the prefix anywhere for a reserved one",
    edits: [{
      in: "isReservedName",
      from: RESERVED,
      to: "name.includes(RESERVED_PREFIX)",
    }],
  },
];

/** Mutants of the list of operations. */
const OPERATIONS_MUTANTS: readonly Mutant[] = [
  {
    name: "operations-always",
    does: "offers the list of its operations without being asked to",
    edits: [{
      in: "Responder.#listHandler",
      from: "this.#listsOperations && operation === OPERATIONS",
      to: "operation === OPERATIONS",
    }],
  },
  {
    name: "operations-never",
    does: "offers no list of its operations",
    edits: [{
      in: "Responder.#listHandler",
      from: "this.#listsOperations && operation === OPERATIONS",
      to: "this.#listsOperations && operation === undefined as any",
    }],
  },
  {
    name: "operations-for-every-reserved-name",
    does: "answers every operation with a reserved name with the list",
    edits: [{
      in: "Responder.#listHandler",
      from: "operation === OPERATIONS",
      to: 'String(operation).startsWith("gotalk:")',
    }],
  },
  {
    name: "operations-without-streams",
    does: "lists the operations of single requests only",
    edits: [{
      in: "listOf",
      from: '["request", "stream", "notification"]',
      to: '["request", "notification"]',
    }],
  },
  {
    name: "operations-without-notifications",
    does: "lists no names of notifications",
    edits: [{
      in: "listOf",
      from: '["request", "stream", "notification"] as const',
      to: '["request", "stream"] as const',
    }],
  },
  {
    name: "operations-with-itself",
    does: "lists the operation that lists",
    edits: [{
      in: "listOf",
      from: "const listed: ListedOperation[] = [];",
      to:
        'const listed: ListedOperation[] = [{ name: OPERATIONS, kind: "request", payload: "json" }];',
    }],
  },
  {
    name: "operations-for-no-payload",
    does: "refuses to list operations if the request has a payload",
    edits: [{
      in: "operationListOf",
      from: "() => payloadOf(table)",
      to:
        '(payload: any) => { if (payload.length > 0) throw new TypeError("mutant"); return payloadOf(table); }',
    }],
  },
  {
    name: "operations-of-streams",
    does: "answers a stream request with the list as well",
    edits: [{
      in: "Responder.stream",
      from: "const handler = this.#handlers.findStream(operation);",
      to:
        "const handler = this.#handlers.findStream(operation) ?? (this.#listHandler(operation) && ((_: any, context: any) => [this.#listHandler(operation)!(payload, context) as Uint8Array]) as any);",
    }],
  },
];

const EXIT = 'Deno["exit"](70);';

/** Mutants of extensions that an attacker exploits as well. */
const EXPLOITED: ReadonlySet<string> = new Set([
  "cancel-of-others",
  "credit-lowered",
  "credit-not-raised",
  "credit-of-31-bits",
]);

/** Mutants with weaknesses in extensions, that hostile cases must kill. */
export const ATTACKED_MUTANTS: readonly Mutant[] = [
  {
    name: "unknown-cancel-ends-program",
    does: "ends the program over a cancel of a request that is not in flight",
    edits: [{
      in: "ReceivedCancels.received",
      from: "if (wasHandled) this.count++;",
      to: `if (!wasHandled) ${EXIT}`,
    }],
  },
  {
    name: "withheld-credit-ends-program",
    does: "ends the program when a stream has no credit",
    edits: [{ in: "ServedStream.#credited", first: EXIT }],
  },
  {
    name: "waiting-traces-end-program",
    does: "ends the program over a trace too many",
    edits: [{ in: "ReceivedTraces.#drop", first: EXIT }],
  },
  {
    name: "cancelled-operation-uncounted",
    does: "does not count operations that continue after a cancel",
    edits: [{
      in: "RunningHandlers.requests",
      from: ' + this.#counts["cancelled-request"]',
      to: "",
    }],
  },
  ...[...CANCEL_MUTANTS, ...CREDIT_MUTANTS].filter(({ name }) =>
    EXPLOITED.has(name)
  ),
];

/** Mutants of the extensions that peers speak. */
export const EXTENSION_MUTANTS: readonly Mutant[] = [
  ...CANCEL_MUTANTS,
  ...CREDIT_MUTANTS,
  ...DRAIN_MUTANTS,
  ...BYTES_MUTANTS,
  ...TRACE_MUTANTS,
  ...NAME_MUTANTS,
  ...OPERATIONS_MUTANTS,
];
