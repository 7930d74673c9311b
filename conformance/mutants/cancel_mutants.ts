/**
 * Mutants of requestors and responders that cancel wrongly.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";
import { LOWEST_FREE_ID } from "./requestor_mutants.ts";

/** The send of a cancel. */
const SEND_CANCEL = "this.#send(CANCEL, encodeCancel({ id, reason }));";

/** Mutants of cancels. */
export const CANCEL_MUTANTS: readonly Mutant[] = [
  {
    name: "cancel-ignored",
    does: "does not know cancels",
    edits: [{ in: "Responder.cancel", first: "if (id >= 0) return true;" }],
  },
  {
    name: "cancel-of-stream-ignored",
    does: "knows cancels of single requests only",
    edits: [{ in: "ServedStreams.cancel", first: "if (id >= 0) return true;" }],
  },
  {
    name: "cancel-ignored-beside-streams",
    does: "ignores cancels of single requests once there was a stream",
    edits: [{
      in: "Responder.cancel",
      from: "const context = this.#running?.find(id);",
      to:
        "const context = this.#served === undefined ? this.#running?.find(id) : undefined;",
    }],
  },
  {
    name: "cancelled-request-uncounted",
    does: "does not count a cancelled single request that is still carried out",
    edits: [{
      in: "RunningHandlers.requests",
      from: 'this.#counts.request + this.#counts["cancelled-request"]',
      to: "this.#counts.request",
    }],
  },
  {
    name: "cancelled-stream-uncounted",
    does: "does not count a cancelled stream that is still carried out",
    edits: [{
      in: "RunningHandlers.streams",
      from: 'this.#counts.stream + this.#counts["cancelled-stream"]',
      to: "this.#counts.stream",
    }],
  },
  {
    name: "cancel-unanswered",
    does: "stops a cancelled request without an answer",
    edits: [{
      in: "ResultSender.cancelled",
      from: "this.error(id, CANCELLED);",
      to: "",
    }],
  },
  {
    name: "cancel-answered-twice",
    does: "sends the result of a cancelled request as well",
    edits: [{
      in: "AwaitedHandlers.result",
      from:
        "if (running.awaits(context)) { this.#results.failure(id, context, error); }",
      to: "if (id >= 0) { this.#results.failure(id, context, error); }",
    }, {
      in: "AwaitedHandlers.result",
      from:
        "if (running.awaits(context)) { this.#waiting(-size, -charged); size = charged = 0;",
      to: "if (id >= 0) { this.#waiting(-size, -charged); size = charged = 0;",
    }],
  },
  {
    name: "cancel-answered-in-other-words",
    does: "answers a cancelled request with another text",
    edits: [{
      in: "ResultSender.cancelled",
      from: "this.error(id, CANCELLED);",
      to: 'this.error(id, text.encode("canceled"));',
    }],
  },
  {
    name: "cancel-ends-data",
    does: "ends the data of a cancelled stream as if it were whole",
    edits: [{
      in: "ServedStreams.cancel",
      from: "this.#results.cancelled(id, context, reason);",
      to:
        "stream.part(END_MARKER); this.#results.cancelled(id, context, reason); if (id >= 0) { setTimeout(() => stream.stop(why)); this.#close(stream); return true; }",
    }],
  },
  {
    name: "cancel-not-passed-on",
    does: "does not notify the operation of a single request of its cancel",
    edits: [{
      in: "RunningHandlers.cancel",
      from: "abortContext(context, reason);",
      to: 'if (kind === "stream") abortContext(context, reason);',
    }],
  },
  {
    name: "cancelled-slot-kept",
    does: "counts a cancelled operation as running also after it has stopped",
    edits: [{
      in: "RunningHandlers.remove",
      first: 'if (this.#kinds.get(context) === "cancelled-request") return;',
    }],
  },
  {
    name: "unknown-cancel-ends",
    does:
      "ends the connection over a cancel of a request that is not in flight",
    edits: [{
      in: "ReceivedCancels.received",
      from: "if (wasHandled) this.count++;",
      to: 'if (!wasHandled) throw new TypeError("mutant");',
    }],
  },
  {
    name: "malformed-cancel-ends",
    does: "ends the connection over a cancel without a request ID",
    edits: [{
      in: "ReceivedCancels.received",
      from: 'this.#link.drop("Notification", "malformed");',
      to: 'throw new TypeError("mutant");',
    }],
  },
  {
    name: "malformed-cancel-for-all",
    does: "reads a cancel without a request ID as one of the first request",
    edits: [{
      in: "decodeCancel",
      from: "if (payload.byteLength < ID_BYTES) return undefined;",
      to:
        'if (payload.byteLength < ID_BYTES) return { id: requestId("0001"), reason: "" };',
    }],
  },
  {
    name: "cancel-kept",
    does:
      "applies a cancel that comes too early or too late to the next request",
    edits: [{
      in: "Responder.cancel",
      first: "((this as any).kept ??= new Set()).add(id);",
    }, {
      in: "Responder.single",
      first:
        "if ((this as any).kept?.delete(id)) return this.#results.error(id, new Uint8Array(0));",
    }],
  },
  {
    name: "cancel-of-all",
    does: "cancels all requests of the peer that cancels one",
    edits: [{
      in: "Responder.cancel",
      from:
        "this.#runningHandlers.cancel(context, new CancelledError(reason));",
      to:
        "for (const each of this.#runningHandlers.contexts) this.#runningHandlers.cancel(each, new CancelledError(reason));",
    }],
  },
  {
    name: "cancel-of-others",
    does: "applies a cancel to the own request with the same ID",
    edits: [{
      in: "Conversation.cancelled",
      first:
        'this.requestor.result("ErrorResult", { kind: "ErrorResult", id } as any, new Uint8Array(0));',
    }],
  },
  {
    name: "cancel-with-id-as-text",
    does: "writes the ID of a cancel as hexadecimal digits",
    edits: [{
      in: "Extensions.sendCancel",
      from: SEND_CANCEL,
      to:
        'this.#send(CANCEL, new TextEncoder().encode(id.toString(16).padStart(8, "0") + reason));',
    }],
  },
  {
    name: "cancel-twice",
    does: "writes each cancel twice",
    edits: [{
      in: "Extensions.sendCancel",
      from: SEND_CANCEL,
      to: `${SEND_CANCEL} ${SEND_CANCEL}`,
    }],
  },
  {
    name: "cancel-not-written",
    does: "gives up requests without a cancel",
    edits: [{ in: "Extensions.sendCancel", from: SEND_CANCEL, to: "" }],
  },
  {
    name: "end-marker-after-cancel",
    does: "ends the data of a request that it has cancelled",
    edits: [{
      in: "CancelledCalls.cancel",
      from: "extensions.sendCancel(call.id, reason);",
      to:
        'extensions.sendCancel(call.id, reason); if ((call as any).isStream) this.#link.send({ kind: "StreamRequestPart", id: call.id as any, payload: new Uint8Array(0) });',
    }],
  },
  {
    name: "cancelled-id-free",
    does: "uses the ID of a cancelled request again before it is answered",
    edits: [LOWEST_FREE_ID, {
      in: "PendingCalls.#abandon",
      from: "abandoned.set(call, 0);",
      to: "abandoned.set(call, 0); this.#table.delete(call);",
    }],
  },
  {
    name: "held-data-after-cancel",
    does: "writes the data that waits for credit although its call is over",
    edits: [{
      in: "StreamCall.#write",
      from: "if (this.settled) return; this.link.send(",
      to: "this.link.send(",
    }],
  },
  {
    name: "cancel-after-answer",
    does: "cancels requests that are answered",
    edits: [{
      in: "Call.settle",
      from: "this.#removeAbort?.();",
      to: "",
    }, {
      in: "Call.#failOnAbort",
      from: "(reason) => this.fail(reason, false)",
      to:
        '(reason) => { if (this.settled) this.link.extensions?.sendCancel((this as any).id, "late"); this.fail(reason, false); }',
    }],
  },
  {
    name: "cancel-after-streamed-answer",
    does: "cancels stream requests whose answers have ended",
    edits: [{ in: "StreamCall.partsEnd", from: "this.settle();", to: "" }],
  },
  {
    name: "cancel-of-an-answered-request",
    does:
      "answers the cancel of a request that was answered behind another cancel",
    edits: [
      {
        in: "RunningHandlers.#forget",
        from: "if (requests.get(id) === context) requests.delete(id);",
        to: "",
      },
    ],
  },
  {
    name: "waiting-call-cancelled",
    does:
      "cancels a call that waits to be repeated, although its answer was complete",
    edits: [
      {
        in: "PendingCalls.release",
        first:
          "if (cancelled !== undefined && call.id !== 0 && this.#unsent?.has(call)) { this.#link.extensions?.sendCancel(call.id, cancelled); }",
      },
    ],
  },
  {
    name: "ended-operation-hides-the-next",
    does:
      "ignores the cancel of a request if a cancelled one with its ID has ended since it came",
    edits: [{
      in: "RunningHandlers.#forget",
      from: "if (requests.get(id) === context) requests.delete(id);",
      to: "requests.delete(id);",
    }],
  },
  {
    name: "ended-operation-closes-the-next",
    does:
      "closes a stream when the operation of a cancelled one with its ID ends",
    edits: [{
      in: "ServedStreams.#close",
      from: "if (this.#open?.get(stream.id) !== stream) return;",
      to: "if (!this.#open?.has(stream.id)) return;",
    }],
  },
  {
    name: "unsent-call-cancelled",
    does: "cancels a stream of which it has written nothing",
    edits: [{
      in: "PendingCalls.release",
      from: "if (call.isQueued) {",
      to:
        "if (cancelled !== undefined && call.batch < 0 && call.id === 0) this.#link.extensions?.sendCancel(call.id, cancelled); if (call.isQueued) {",
    }],
  },
  {
    name: "end-marker-a-second-after-cancel",
    does: "ends the data of a stream a second after its cancel was answered",
    edits: [{
      in: "CancelledCalls.answered",
      from: "if (!this.#calls.delete(call)) return false;",
      to:
        "if (!this.#calls.delete(call)) return false; this.#link.clock.schedule(() => call.endData(), 1000);",
    }, {
      in: "StreamCall.endData",
      from: "if (this.#owesEnd) this.#sendEnd();",
      to: "this.#sendEnd();",
    }],
  },
  {
    name: "waiting-result-behind-cancel",
    does: "writes a result that waited when its request was cancelled",
    edits: [{
      in: "AwaitedHandlers.result",
      from: "while (link.congested && running.awaits(context)) {",
      to: "const hasWaited = link.congested; while (link.congested) {",
    }, {
      in: "AwaitedHandlers.result",
      from: "// request/answered if (running.awaits(context)) {",
      to: "if (hasWaited || running.awaits(context)) {",
    }, {
      in: "AwaitedHandlers.result",
      from: "await link.uncongested(() => running.awaits(context));",
      to: "await link.uncongested();",
    }],
  },
  {
    name: "waiting-part-behind-cancel",
    does: "writes a part that waited when its stream was cancelled",
    edits: [{
      in: "ServedStream.#sendAll",
      from:
        "writer.queuedBytes >= ahead && !this.answered\n          );\n          if (this.answered) return;",
      to: "writer.queuedBytes >= ahead && !this.answered\n          );",
    }],
  },
  {
    name: "cancel-overtakes-its-request",
    does: "writes a cancel in front of everything that is queued",
    edits: [{
      in: "Writer.send",
      from: "const units = this.#batch();",
      to:
        'let units = this.#batch(); if ("name" in message && message.name === "gotalk:cancel" && this.#queuedBytes > 0) { units = acquireUnits(); (this.#full ??= []).unshift(units); }',
    }],
  },
  {
    name: "cancel-after-joined-answer",
    does: "cancels single requests that are answered in parts",
    edits: [{
      in: "SingleCall.partsEnd",
      first: 'this.link.extensions?.sendCancel(this.id, "late");',
    }],
  },
];
