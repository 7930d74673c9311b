/**
 * Responses before they are made.
 *
 * @module
 */

import type { Outcome } from "./_call_answer.ts";
import { type Failure, failureJson } from "./_failure.ts";
import { MEDIA } from "./_media_type.ts";

/** A response to which others add headers: those of one that is made are expensive to change. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array<ArrayBuffer> | ReadableStream | null;
}

/** Returns the reply for a failure, with a body that has its JSON. */
export function failureReply(
  failure: Failure,
  body: Reply["body"] = `${failureJson(failure)}\n`,
): Reply {
  const headers = { "content-type": MEDIA.json, ...failure.headers };
  return { status: failure.status, headers, body };
}

/** Returns the reply for what a call leads to, whose media type is `type`. */
export function replyOf(outcome: Outcome, type: string): Reply {
  switch (outcome.kind) {
    case "failure":
      return failureReply(outcome.failure, outcome.body);
    case "accepted":
      return { status: 202, headers: {}, body: null };
    case "stream": {
      const { body } = outcome;
      return { status: 200, headers: { "content-type": fullType(type) }, body };
    }
    case "result": {
      const { body, length } = outcome;
      if (type === MEDIA.json && length === 0) {
        return { status: 204, headers: {}, body: null };
      }
      const headers = {
        "content-type": fullType(type),
        "content-length": String(length),
      };
      return { status: 200, headers, body };
    }
    // deno-coverage-ignore-start
    default:
      return outcome satisfies never;
      // deno-coverage-ignore-stop
  }
}

function fullType(type: string): string {
  return type === MEDIA.text ? `${type}; charset=utf-8` : type;
}
