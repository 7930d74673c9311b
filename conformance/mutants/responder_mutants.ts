/**
 * Mutants that respond wrongly to requests and notifications.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";
import { FAIL, STREAM_MUTANTS } from "./_stream_mutants.ts";

/** Drops a single request with an ID that was seen before. */
const DROP_SEEN =
  "const seen: Set<number> = (this.#results as any).seen ??= new Set(); if (seen.has(id)) return; seen.add(id);";

/** The result of a single request, as it is sent. */
const RESULT = '$send({ kind: "SingleResult", id, payload });';

/** Mutants of single requests, notifications and limits. */
const RESPONDING: readonly Mutant[] = [
  {
    name: "unknown-operation-ends",
    does: "ends the connection over an unknown operation",
    edits: [{
      in: "ResultSender.unknownOperation",
      first: `if (id >= 0) return ${FAIL}`,
    }],
  },
  {
    name: "unknown-operation-unanswered",
    does: "does not answer requests for unknown operations",
    edits: [{
      in: "ResultSender.unknownOperation",
      first: "if (id >= 0) return;",
    }],
  },
  {
    name: "answered-twice",
    does: "answers each single request twice",
    edits: [{
      in: "ResultSender.result",
      from: RESULT,
      to: `${RESULT} ${RESULT}`,
    }],
  },
  {
    name: "answer-in-parts",
    does: "answers single requests with StreamResults",
    edits: [{
      in: "ResultSender.result",
      from: RESULT,
      to:
        '$send({ kind: "StreamResult", id, payload }); if (payload.byteLength) $send({ kind: "StreamResult", id, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "answered-one-by-one",
    does: "answers a request only after all requests before it",
    edits: [
      {
        in: "Responder.single",
        from: "if (isThenable(output) || $congested)",
        to: "if (id >= 0)",
      },
      {
        in: "Responder.single",
        from:
          "void this.#awaitedHandlers.result(id, context, payload, output);",
        to:
          "(this as any).last = ((this as any).last ?? Promise.resolve()).then(() => this.#awaitedHandlers.result(id, context, payload, output));",
      },
    ],
  },
  {
    name: "failure-unanswered",
    does: "does not answer a request whose handler fails unexpectedly",
    edits: [{
      in: "ResultSender.failure",
      from: "this.error(id, INTERNAL_ERROR);",
      to: "",
    }],
  },
  {
    name: "failure-ends",
    does: "ends the connection when a handler fails unexpectedly",
    edits: [{
      in: "ResultSender.failure",
      from: "this.error(id, INTERNAL_ERROR);",
      to: FAIL,
    }],
  },
  {
    name: "failure-revealed",
    does: "sends the cause of an unexpected failure to the remote peer",
    edits: [{
      in: "ResultSender.failure",
      from: "INTERNAL_ERROR",
      to: "new TextEncoder().encode(String(error))",
    }],
  },
  {
    name: "chosen-error-hidden",
    does: "replaces the error that a handler has chosen",
    edits: [{
      in: "chosenPayload",
      from: "return error.payload;",
      to: "return INTERNAL_ERROR;",
    }],
  },
  {
    name: "retry-turned-into-error",
    does: "answers with an ErrorResult where the handler requests a retry",
    edits: [{
      in: "ResultSender.failure",
      from: '{ kind: "RetryResult", id, wait, payload }',
      to: '{ kind: "ErrorResult", id, payload }',
    }],
  },
  {
    name: "duplicate-answered-once",
    does: "drops a single request with an ID in flight",
    edits: [
      { in: "Responder.single", first: DROP_SEEN },
      { in: "ResultSender.result", first: "(this as any).seen?.delete(id);" },
    ],
  },
  {
    name: "id-again-refused",
    does: "drops a single request with an ID that was used before",
    edits: [{ in: "Responder.single", first: DROP_SEEN }],
  },
  {
    name: "notification-answered",
    does: "answers notifications",
    edits: [{
      in: "Responder.notification",
      from: "let done: unknown;",
      to:
        'this.#link.send({ kind: "SingleResult", id: 0, payload: new Uint8Array(0) }); let done: unknown;',
    }],
  },
  {
    name: "notifications-out-of-order",
    does: "delivers every second notification later",
    edits: [{
      in: "Responder.notification",
      from: "done = handler(payload, context);",
      to:
        "done = ((this as any).odd = !(this as any).odd) ? new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => handler(payload, context)) : handler(payload, context);",
    }],
  },
  {
    name: "notification-failure-ends",
    does: "ends the connection when the handler of a notification fails",
    edits: [{
      in: "Responder.notification",
      from: "done = handler(payload, context);",
      to:
        `const ends = () => ${FAIL} try { done = Promise.resolve(handler(payload, context)).catch(ends); } catch { ends(); }`,
    }],
  },
  {
    name: "failed-notification-keeps-place",
    does: "counts a notification whose handler has failed later for ever",
    edits: [
      { in: "AwaitedHandlers.notification", first: "let isFailed = false;" },
      {
        in: "AwaitedHandlers.notification",
        from: "this.#results.notificationFailure(context, error);",
        to:
          "isFailed = true; this.#results.notificationFailure(context, error);",
      },
      {
        in: "AwaitedHandlers.notification",
        from: "this.#ended(context);",
        to: "if (!isFailed) this.#ended(context);",
      },
    ],
  },
  {
    name: "request-limit-ignored",
    does: "handles any number of requests at once",
    edits: [{
      in: "Responder.#exceededLimit",
      from: ">= limits.maxConcurrentRequests",
      to: ">= Infinity",
    }],
  },
  {
    name: "requests-limited-to-workers",
    does: "carries out 64 requests at a time, although more are allowed",
    edits: [{
      in: "Responder.#exceededLimit",
      from: ">= limits.maxConcurrentRequests",
      to: ">= Math.min(64, limits.maxConcurrentRequests)",
    }],
  },
  {
    name: "stream-limit-ignored",
    does: "handles any number of streams at once",
    edits: [{
      in: "ServedStreams.exceededLimit",
      from: "$limits.maxConcurrentStreams",
      to: "Infinity",
    }],
  },
  {
    name: "overload-ends",
    does: "ends the connection over a request beyond the limit",
    edits: [{
      in: "ResultSender.refusal",
      from: '$link.send({ kind: "RetryResult", id, wait, payload });',
      to: `void wait; ${FAIL}`,
    }],
  },
  {
    name: "overload-wait-0",
    does: "sends a wait of 0 ms under overload",
    edits: [{
      in: "ResultSender.refusal",
      from: '{ kind: "RetryResult", id, wait, payload }',
      to: '{ kind: "RetryResult", id, wait: 0 * wait, payload }',
    }],
  },
  {
    name: "large-payload-ends",
    does: "ends the connection over a payload above its limit",
    edits: [{
      in: "Reader.#next",
      from: "if (header.size > $max) return this.#skip(header);",
      to: "",
    }],
  },
  {
    name: "large-payload-never-refused",
    does: "reads on to drop a payload of any size",
    edits: [{
      in: "Reader.#skip",
      from: "if (header.size > $max)",
      to: "if ($max < 0)",
    }],
  },
  {
    name: "skipped-payload-one-short",
    does: "takes the last byte of a payload that it drops for the next message",
    edits: [{
      in: "Decoder.skip",
      from: "return this.#remaining === 0;",
      to: "return this.#remaining <= 1;",
    }],
  },
  {
    name: "few-workers",
    does: "lets requests beyond 20 wait for those before them",
    edits: [{
      in: "Responder.single",
      first:
        "if (this.running >= 20) { setTimeout(() => this.single(id, operation, payload.slice()), 5); return; }",
    }],
  },
  {
    name: "failed-stream-leaves-two-places",
    does:
      "gives the place of a stream that fails back twice: at once, and when its handler ends",
    edits: [
      {
        in: "RunningHandlers.remove",
        from: "this.#counts[this.#kinds.get(context)!]--;",
        to:
          'const kind = this.#kinds.get(context)!; this.#counts[kind]--; if (kind === "abandoned") this.#counts.stream--;',
      },
    ],
  },
];

/** A member that every object has. */
const member = (name: string) =>
  `?? (({} as any)[${name} as any] as PayloadHandler | undefined);`;

/** Mutants that take names for others, or the kinds for one. */
const LOOKING_UP: readonly Mutant[] = [
  {
    name: "members-are-operations",
    does: "takes what every object has for handlers of requests",
    edits: [{
      in: "HandlerTable.findSingle",
      from: "const own = this.#singles.get(operation);",
      to: `const own = this.#singles.get(operation) ${member("operation")}`,
    }],
  },
  {
    name: "members-are-notifications",
    does: "takes what every object has for handlers of notifications",
    edits: [{
      in: "HandlerTable.findNotification",
      from: "const own = this.#notifications.get(name);",
      to: `const own = this.#notifications.get(name) ${member("name")}`,
    }],
  },
  {
    name: "names-cached-by-their-ends",
    does:
      "takes a name for an earlier one with the same length and the same first and last bytes",
    edits: [{
      in: "sameBytes",
      from: "if (known[index] !== bytes[at + index]) return false;",
      to: "void bytes; void at;",
    }],
  },
  {
    name: "operation-in-any-case",
    does: "knows operations of single requests without case",
    edits: [{
      in: "Responder.single",
      from: "this.#handlers.findSingle(operation)",
      to: "this.#handlers.findSingle(String(operation).toLowerCase())",
    }],
  },
  {
    name: "stream-operation-trimmed",
    does: "drops spaces around the operation of a stream",
    edits: [{
      in: "Responder.stream",
      from: "this.#handlers.findStream(operation)",
      to: "this.#handlers.findStream(String(operation).trim())",
    }],
  },
  {
    name: "notification-name-trimmed",
    does: "drops spaces around the name of a notification",
    edits: [{
      in: "Responder.notification",
      first: 'if (typeof name === "string") name = name.trim();',
    }],
  },
  {
    name: "notifications-counted",
    does: "takes 255 notifications on a connection, and no more",
    edits: [{
      in: "Responder.notification",
      first:
        "if (((this as any).count = ((this as any).count ?? 0) + 1) > 255) return;",
    }],
  },
  {
    name: "equal-notification-dropped",
    does: "drops a notification that equals the one before it",
    edits: [{
      in: "Responder.notification",
      first:
        'const key = String(name) + ":" + payload; if ((this as any).last === key) return; (this as any).last = key;',
    }],
  },
  {
    name: "unknown-operation-keeps-place",
    does: "counts a request for an unknown operation for ever",
    edits: [{
      in: "Responder.single",
      from: "return this.#results.unknownOperation(id, operation);",
      to:
        'this.#runningHandlers.add(this.#enter(operation, id), "request"); return this.#results.unknownOperation(id, operation);',
    }],
  },
  {
    name: "late-refusal-keeps-place",
    does: "counts a request for ever whose operation refuses it later",
    edits: [{
      in: "ResultSender.failure",
      from: "const { wait, payload } = error;",
      to: "const { wait, payload } = error; (context as any).kept = true;",
    }, {
      in: "Responder.#ended",
      first: "if ((context as any).kept) return;",
    }],
  },
  {
    name: "request-places-kept",
    does: "never lets another request take the place of an earlier one",
    edits: [{
      in: "Responder.single",
      from: "} else this.#results.result(id, context, output);",
      to:
        '} else { this.#runningHandlers.add(context, "request"); this.#results.result(id, context, output); }',
    }],
  },
  {
    name: "notification-dropped-while-one-runs",
    does: "drops notifications while the handler of another one is running",
    edits: [{
      in: "Responder.notification",
      from: "this.notifications >= link.limits.maxConcurrentNotifications",
      to: "this.notifications > 0",
    }],
  },
];

/** Mutants of the responder. */
export const RESPONDER_MUTANTS: readonly Mutant[] = [
  ...RESPONDING,
  ...LOOKING_UP,
  ...STREAM_MUTANTS,
];
