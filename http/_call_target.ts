/**
 * What an HTTP request calls, and how its answer is written.
 *
 * @module
 */

import { isReservedName, MAX_NAME_BYTES, quoteName } from "../codec/mod.ts";
import type { OperationForm } from "../peer/operation_form.ts";
import type { Handlers } from "../peer/mod.ts";
import { traceOfHeaders } from "../codec/extensions/trace.ts";
import type { CallTarget } from "./_call_request.ts";
import { type Failure, failure } from "./_failure.ts";
import { MEDIA, mediaType, preferredType } from "./_media_type.ts";

/** A call that can be made. */
export interface PlannedCall {
  readonly target: CallTarget;
  /** The media type of the answer; "" for that of a notification. */
  readonly type: string;
}

/** The methods of all operations. */
export const METHODS = "GET, HEAD, POST, OPTIONS";
const UNSAFE_METHODS = "POST, OPTIONS";

/** What a client prefers that sends a notification. */
const RESPOND_ASYNC = /(?:^|,)\s*respond-async\s*(?:$|[,;=])/i;

/** The media types of answers, of which the client selects one. */
const OFFERS = {
  json: [MEDIA.json],
  text: [MEDIA.text],
  bytes: [MEDIA.bytes],
  stream: [MEDIA.bytes],
  values: [MEDIA.lines, MEDIA.events],
} as const satisfies Record<OperationForm["type"], readonly string[]>;

/**
 * Returns the call that a request stands for, or why there is none. Names have at
 * most `maxNameBytes` bytes.
 */
export function planCall(
  request: Request,
  handlers: Handlers,
  maxNameBytes: number,
): PlannedCall | Failure {
  const { headers, method } = request;
  const url = new URL(request.url);
  const operation = operationOf(url.pathname);
  if (operation === undefined) {
    return failure(400, "malformed", "the path is no percent-encoded UTF-8");
  }
  const most = Math.min(maxNameBytes, MAX_NAME_BYTES);
  // Of a UTF-16 unit, UTF-8 has at most three bytes.
  const isShort = operation.length * 3 <= most;
  if (!isShort && new TextEncoder().encode(operation).byteLength > most) {
    const wanted = `wanted at most ${most} bytes`;
    return failure(414, "maxNameBytes", `the name is too long, ${wanted}`);
  }
  const isRead = method === "GET" || method === "HEAD";
  if (!isRead && method !== "POST") return wrongMethod(method, METHODS);
  const encoded = isRead ? undefined : encodedBody(headers);
  if (encoded !== undefined) return encoded;
  const prefer = headers.get("prefer");
  if (prefer !== null && RESPOND_ASYNC.test(prefer)) {
    return planNotification(request, operation, handlers);
  }
  const form = isReservedName(operation)
    ? undefined
    : handlers.operationForm(operation);
  if (form === undefined) {
    // Many that send notifications, as webhooks do, cannot set headers.
    return isNotified(operation, handlers)
      ? planNotification(request, operation, handlers)
      : unknown(operation, "operation");
  }
  if (isRead && !form.isSafe) return wrongMethod(method, UNSAFE_METHODS);
  const type = preferredType(request, OFFERS[form.type]);
  if (type === undefined) {
    return failure(
      406,
      "not-acceptable",
      `the answer is ${OFFERS[form.type].join(" or ")}`,
    );
  }
  const body = isRead ? undefined : bodyOf(headers, form);
  if (typeof body === "object") return body;
  const { hasInput, isSubscription } = handlers.streamForm(operation);
  const isStream = form.type === "stream" || form.type === "values";
  const takesInput = body !== "payload" && (hasInput || !isStream);
  return {
    type,
    target: {
      operation,
      kind: isStream ? "stream" : "single",
      input: takesInput ? inputOf(url) : undefined,
      body,
      staysOpen: isStream && isSubscription && body !== "lines",
      trace: traceOfHeaders(headers),
    },
  };
}

function planNotification(
  request: Request,
  operation: string,
  handlers: Handlers,
): PlannedCall | Failure {
  const { headers, method } = request;
  if (method !== "POST") return wrongMethod(method, UNSAFE_METHODS);
  if (!isNotified(operation, handlers)) {
    return unknown(operation, "notification");
  }
  const type = mediaType(headers);
  const isFitting = type === "" || isJson(type) || type === MEDIA.bytes;
  if (!isFitting) return wrongType(type, `${MEDIA.json} or ${MEDIA.bytes}`);
  return {
    type: "",
    target: {
      operation,
      kind: "notification",
      input: undefined,
      body: "payload",
      staysOpen: true,
      trace: undefined,
    },
  };
}

/** Whether there is a handler of notifications of a name. */
function isNotified(name: string, handlers: Handlers): boolean {
  return !isReservedName(name) &&
    handlers.findNotification(name) !== undefined;
}

/** Returns why a body is refused that is compressed; `undefined` if it is not. */
export function encodedBody(headers: Headers): Failure | undefined {
  const encoding = headers.get("content-encoding") ?? "identity";
  if (/^identity$/i.test(encoding)) return undefined;
  return wrongType(`${encoding} as Content-Encoding`, "identity");
}

/** Returns what the body of a request is, or why it is refused. */
function bodyOf(
  headers: Headers,
  form: OperationForm,
): CallTarget["body"] | Failure {
  // Without a type, as an empty body has none, it is taken for what is wanted.
  const type = mediaType(headers);
  switch (form.type) {
    case "json":
      if (isJson(type) || type === "") return "payload";
      return wrongType(type, MEDIA.json);
    case "text": {
      const charset = /;\s*charset="?([^";\s]*)/i.exec(
        headers.get("content-type") ?? "",
      )?.[1] ?? "utf-8";
      if (!/^utf-?8$/i.test(charset)) return wrongType(charset, "utf-8");
      if (type === MEDIA.text || type === "") return "payload";
      return wrongType(type, MEDIA.text);
    }
    case "bytes":
    case "stream":
      if (type !== MEDIA.bytes && type !== "") {
        return wrongType(type, MEDIA.bytes);
      }
      return form.type === "bytes" ? "payload" : "data";
    case "values":
      if (type === MEDIA.lines) return "lines";
      if (isJson(type) || type === "") return "payload";
      return wrongType(type, `${MEDIA.json} or ${MEDIA.lines}`);
    // deno-coverage-ignore-start
    default:
      return form.type satisfies never;
      // deno-coverage-ignore-stop
  }
}

/** Returns the last part of a path; `undefined` if it is malformed. */
function operationOf(path: string): string | undefined {
  const name = path.slice(path.lastIndexOf("/") + 1);
  try {
    return name.includes("%") ? decodeURIComponent(name) : name;
  } catch {
    return undefined;
  }
}

/** Returns the input that the query of a URL has; `undefined` if it has none. */
function inputOf({ searchParams }: URL): Uint8Array<ArrayBuffer> | undefined {
  const input = searchParams.get("input");
  return input === null
    ? undefined
    : new TextEncoder().encode(input.toWellFormed());
}

function isJson(type: string): boolean {
  return type === MEDIA.json || /^application\/[^/]+\+json$/.test(type);
}

function unknown(name: string, what: string): Failure {
  return failure(
    404,
    "unknown-operation",
    `unknown ${what} ${quoteName(name)}`,
  );
}

function wrongMethod(method: string, allow: string): Failure {
  const text = `got the method ${method}, wanted one of ${allow}`;
  return failure(405, "method-not-allowed", text, { allow });
}

function wrongType(type: string, wanted: string): Failure {
  return failure(
    415,
    "unsupported-media-type",
    `got ${type === "" ? "no Content-Type" : type}, wanted ${wanted}`,
  );
}
