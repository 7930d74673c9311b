/**
 * Compares the response to an HTTP request that a case has written.
 *
 * @module
 */

import type { RawRequest } from "../cases/case.ts";
import type { TraceLog } from "./_trace_log.ts";
import { TooLateError, withTimeout } from "./_timeout.ts";
import { VerdictError } from "./_verdict_error.ts";
import type { RawHead } from "./wire/raw_websocket_wire.ts";

/** How to wait for a response. */
export interface RawResponseOptions {
  readonly trace: TraceLog;
  /** How long it may take, in milliseconds. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Returns what is wrong with a response; `undefined` if nothing is, or if the case wants none. */
export async function checkRawResponse(
  { status, headers = {}, mayEnd }: RawRequest,
  response: Promise<RawHead>,
  { trace, timeout, signal }: RawResponseOptions,
): Promise<VerdictError | undefined> {
  if (status === undefined && mayEnd === undefined) return undefined;
  const wanted: readonly number[] = status === undefined
    ? []
    : typeof status === "number"
    ? [status]
    : status;
  const expected = [
    ...wanted.length === 0 ? [] : [`HTTP status ${wanted.join(" or ")}`],
    ...mayEnd ? ["the end of the connection"] : [],
  ];
  const fail = (reason: string) =>
    new VerdictError("fail", reason, [expected.join(", or ")]);
  let got: RawHead;
  try {
    got = await withTimeout(response, timeout, "wait for a response", signal);
  } catch (error) {
    if (!(error instanceof TooLateError)) throw error;
    return fail(`nothing arrived within ${Math.round(timeout)} ms`);
  }
  if (got.status === undefined) {
    trace.add("<", got.how);
    return mayEnd ? undefined : fail(`the connection ended: ${got.how}`);
  }
  trace.add("<", `HTTP status ${got.status}`);
  if (!wanted.includes(got.status)) {
    return fail(`the HTTP status was ${got.status}`);
  }
  for (const [name, wanted] of Object.entries(headers)) {
    const value = typeof wanted === "string" ? wanted : undefined;
    const found = got.headers[name.toLowerCase()];
    if (found === value) continue;
    return new VerdictError(
      "fail",
      `the header ${name} was ${JSON.stringify(found) ?? "missing"}`,
      [
        value === undefined
          ? `no header ${name}`
          : `the header ${name}: ${value}`,
      ],
    );
  }
}
