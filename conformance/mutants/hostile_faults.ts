/**
 * Mistakes that an attacker makes use of.
 *
 * @module
 */

import type { Fault } from "./fault.ts";

const CONVERSATION = "peer/_conversation.ts";
const HANDLERS = "peer/handlers.ts";
const LISTENING = "conformance/adapters/deno/listening.ts";
const RECEIVER = "peer/_receiver.ts";
const SERVING = "peer/_serving.ts";

const ENDS = 'Deno["exit"](70)';

export const HOSTILE_FAULTS: readonly Fault[] = [
  {
    name: "one-connection-at-a-time",
    does: "accepts a connection when the one before has ended",
    edits: [[
      LISTENING,
      "this.#handles.push(begin(channel));\n        this.#watched.changed();",
      "this.#handles.push(begin(channel));\n        this.#watched.changed();\n        await channel.closed;",
    ]],
  },
  {
    name: "announced-size-reserved",
    does: "takes memory for a payload when its size is announced",
    edits: [[
      RECEIVER,
      "    this.#header ??= decoder.readHeader();",
      "    this.#header ??= ((header) => { if ((header as any)?.size > 2 ** 26) ((globalThis as any).kept ??= []).push(new Uint8Array((globalThis as any).kept.length < 3 ? 2 ** 27 : 0).fill(1)); return header; })(decoder.readHeader());",
    ]],
  },
  {
    name: "fault-ends-program",
    does: "does not catch what a malformed message throws",
    edits: [[
      CONVERSATION,
      "    if (isProtocolError(error)) this.fail(error);",
      `    if (isProtocolError(error)) ${ENDS};`,
    ]],
  },
  {
    name: "reset-ends-program",
    does: "does not catch what a connection throws that is reset",
    edits: [[
      CONVERSATION,
      "    else this.#end({ error, broken: true });\n  }",
      `    else ${ENDS};\n  }`,
    ]],
  },
  {
    name: "failure-ends-program",
    does: "does not catch what a handler throws",
    edits: [[
      SERVING,
      "  #report(context: RequestContext, error: unknown): void {\n",
      `  #report(context: RequestContext, error: unknown): void {\n    ${ENDS};\n`,
    ]],
  },
  {
    name: "members-of-objects-are-operations",
    does: "finds handlers as members of an object, which has others by itself",
    edits: [[
      HANDLERS,
      "set.#single.get(operation)) ??",
      "set.#single.get(operation) ?? ({} as any)[operation as any]?.bind?.({})) ??",
    ], [
      HANDLERS,
      "set.#notification.get(name)) ??",
      "set.#notification.get(name) ?? ({} as any)[name as any]) ??",
    ]],
  },
];
