/**
 * Mutants in which connections share what each should have of its own.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Defines a write that waits for those of all connections before it. */
const IN_TURN =
  "const all = globalThis as { writing?: Promise<number> }; const inTurn = (part: Uint8Array) => all.writing = Promise.resolve(all.writing).catch(() => 0).then(() => this.#conn.write(part));";

/** All requestors of the process. */
const OF_ALL = "((globalThis as any).requestors ??= new Set())";

/** Mutants that serve one connection well, and several badly. */
export const SHARED_MUTANTS: readonly Mutant[] = [
  {
    name: "answers-by-id-of-the-process",
    does: "sends an answer to the connection on which its ID was used last",
    edits: [{
      in: "AwaitedHandlers.result",
      from: 'running.add(context, "request");',
      to:
        'running.add(context, "request"); ((globalThis as any).__r ??= new Map()).set(id, this.#results);',
    }, {
      in: "AwaitedHandlers.result",
      from: "this.#results.result(id, context, payload);",
      to: "(globalThis as any).__r.get(id).result(id, context, payload);",
    }],
  },
  {
    name: "payload-in-part-of-the-process",
    does:
      "collects payloads that have arrived in part in one place for all connections",
    edits: [{
      in: "Decoder.readPayload",
      from: "this.#payload ??= new PayloadBuffer();",
      to:
        "this.#payload ??= ((globalThis as any).__pay ??= new PayloadBuffer()) as PayloadBuffer;",
    }],
  },
  {
    name: "header-in-part-of-the-process",
    does:
      "collects headers that have arrived in part in one place for all connections",
    edits: [{
      in: "Decoder.#startHeader",
      from: "this.#cut ??= new HeaderBuffer();",
      to:
        "this.#cut ??= ((globalThis as any).__cut ??= new HeaderBuffer()) as HeaderBuffer;",
    }],
  },
  {
    name: "handshake-deadline-of-the-process",
    does:
      "has one timer for the versions of all connections, so that the latest one stops the others",
    edits: [{
      in: "Conversation.#enterPhase",
      from: "this.#phase.reset(timeout);",
      to:
        'this.#phase.reset(timeout); if (this.state === "opening") { (globalThis as any).__h?.stop(); (globalThis as any).__h = this.#phase; }',
    }],
  },
  {
    name: "heartbeats-of-the-latest-connection",
    does: "writes heartbeats on the latest connection only",
    edits: [{
      in: "Keepalive.start",
      from:
        "if (this.#link.limits.heartbeatInterval !== Infinity) this.#beat();",
      to:
        "(globalThis as any).__k = this; if (this.#link.limits.heartbeatInterval !== Infinity) this.#beat();",
    }, {
      in: "Keepalive.#beat",
      from: "const time =",
      to: "if ((globalThis as any).__k !== this) return;\n    const time =",
    }],
  },
  {
    name: "heartbeats-end-with-any-connection",
    does: "writes no more heartbeats once any connection has ended",
    edits: [{
      in: "Keepalive.start",
      from:
        "if (this.#link.limits.heartbeatInterval !== Infinity) this.#beat();",
      to:
        "((globalThis as any).__ks ??= new Set()).add(this); if (this.#link.limits.heartbeatInterval !== Infinity) this.#beat();",
    }, {
      in: "Keepalive.stop",
      from: "this.#heartbeat.stop();",
      to:
        "for (const each of (globalThis as any).__ks ?? []) each.#heartbeat.stop();\n    this.#heartbeat.stop();",
    }],
  },
  {
    name: "late-version-ends-all",
    does: "ends all connections if one of them writes no version in time",
    edits: [{
      in: "Conversation.#start",
      from: "const input = this.#link.run().then(",
      to:
        "((globalThis as any).__all ??= new Set()).add(this);\n    const input = this.#link.run().then(",
    }, {
      in: "Conversation.#enterPhase",
      from: "() => this.#link.fail(timeoutError(message(timeout))),",
      to:
        '() => { for (const c of (globalThis as any).__all) c.abort(new Error("timeout")); this.#link.fail(timeoutError(message(timeout))); },',
    }],
  },
  {
    name: "any-connection-is-life",
    does: "takes what arrives on one connection for a sign of life of all",
    edits: [{
      in: "Keepalive.received",
      from: "this.#arrived += bytes;",
      to:
        "this.#arrived += bytes;\n    ((globalThis as any).__ks ??= new Set()).add(this);\n    for (const each of (globalThis as any).__ks) if (each !== this) each.#resetSilence();",
    }],
  },
  {
    name: "notifications-in-turn-for-all",
    does:
      "handles the notifications of all connections one after the other, however long one takes",
    edits: [{
      in: "Responder.notification",
      from: "done = handler(payload, context);",
      to:
        "const all = globalThis as { noted?: Promise<unknown> }; done = all.noted = Promise.resolve(all.noted).catch(() => {}).then(() => handler(payload, context));",
    }],
  },
  {
    name: "writes-in-turn-for-all",
    does: "writes on one connection at a time, whether it is read or not",
    edits: [{
      in: "ConnCarrier.#writeAll",
      from: "let written = await this.#conn.write(bytes);",
      to: `${IN_TURN} let written = await inTurn(bytes);`,
    }, {
      in: "ConnCarrier.#writeAll",
      from: "const more = await this.#conn.write(bytes.subarray(written));",
      to: "const more = await inTurn(bytes.subarray(written));",
    }],
  },
  {
    name: "answers-of-other-connections",
    does: "takes an answer on any connection for that of a call with its ID",
    edits: [
      { in: "Requestor.single", first: `${OF_ALL}.add(this);` },
      {
        in: "Requestor.result",
        from: "const call = this.#calls?.find(id);",
        to:
          `const call = this.#calls?.find(id) ?? [...${OF_ALL}].map((each: any) => each.found(id)).find((each: any) => each !== undefined);`,
      },
      {
        in: "Requestor",
        from: "/** Receives a result, or a part of one. */",
        to: "found(id: number): any { return this.#calls?.find(id); }",
      },
    ],
  },
  {
    name: "silence-armed-for-all",
    does: "ends silent connections once a heartbeat was read on any connection",
    edits: [{
      in: "Keepalive.heartbeatReceived",
      from: "this.#armed = true;",
      to: "(globalThis as any).armed = true;",
    }, {
      in: "Keepalive.received",
      from: "if (this.#armed)",
      to:
        "this.#armed ||= (globalThis as any).armed === true; if (this.#armed)",
    }],
  },
];
