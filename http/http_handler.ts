/**
 * Handlers that plain HTTP reaches.
 *
 * @module
 */

import { authenticated, isWithoutIdentity, serverClock } from "../admission.ts";
import {
  type AnyContract,
  type Contract,
  type DrainOptions,
  type Handlers,
  type Identity,
  MemoryBudget,
  type PeerOptions,
} from "../peer/mod.ts";
import { checkDrainOptions } from "../peer/drain_options.ts";
import { checkedLimits } from "../peer/limits.ts";
import {
  checkHandlers,
  checkPeerOptions,
  SERVED_OPTIONS,
} from "../peer/peer_options.ts";
import {
  checkOptionNames,
  type OptionNames,
  pickOptions,
} from "../quoting/option_names.ts";
import type { ServerStats } from "../server_stats.ts";
import { checkNumbers } from "../transport/number_option.ts";
import type { HttpConnection } from "../transport/websocket/http_connection.ts";
import { type RefusalObserver, Refusals } from "../transport/refusals.ts";
import {
  type CallDecision,
  checkCallOptions,
  decideCall,
} from "../transport/websocket/call_decision.ts";
import type { AcceptOptions } from "../transport/websocket/upgrade.ts";
import { encodedBody, METHODS, planCall } from "./_call_target.ts";
import { Cors, type CorsOptions } from "./_cors.ts";
import type { Caller } from "./_direct_call.ts";
import {
  bodyInUse,
  type Failure,
  failure,
  retryLater,
  unauthorized,
} from "./_failure.ts";
import { HttpCalls } from "./_http_calls.ts";
import { EXCHANGE, mediaType } from "./_media_type.ts";
import { failureReply, type Reply } from "./_reply.ts";
import { pageScript, type PageScriptOption } from "./page_script.ts";

export type { CorsOptions };

/** The default of `maxConcurrentCalls`. */
const DEFAULT_MAX_CONCURRENT_CALLS = 1_024;

/** The wait that a refused client receives, in milliseconds. */
const WAIT = 1_000;

/** Options of {@linkcode httpHandler}. */
export interface HttpHandlerOptions<Auth = unknown>
  extends
    Omit<AcceptOptions, "protocols">,
    Omit<PeerOptions<Auth>, "handlers" | "auth" | "role" | "overload">,
    PageScriptOption {
  /**
   * Authenticates a call by its HTTP request, whose body it must not read. The
   * return value becomes `auth` of the context. A `Response` refuses the call and
   * is returned as it is. The call is refused with status 401 if this returns
   * `undefined`, `null` or `false`, with 403 if it throws, and with 503 if it
   * does not settle within `limits.handshakeTimeout` or throws a `TimeoutError`.
   */
  readonly authenticate?:
    | ((request: Request) => Identity<Auth | Response>)
    | undefined;
  /**
   * Called for each call that is refused before it is made, with the reason. Its
   * first failure is printed with `console.error`.
   */
  readonly onRefused?: RefusalObserver | undefined;
  /** What pages of other origins, which `origins` accepts, may send and read. */
  readonly cors?: CorsOptions | undefined;
  /**
   * Maximum number of calls and exchanges that run at once, those being
   * authenticated included, and those of which the client has not read the result,
   * unless it has at most 16 KiB; 1,024 by default. Further ones receive status
   * 503.
   */
  readonly maxConcurrentCalls?: number | undefined;
  /**
   * Maximum of the memory that all calls together make the handler hold, in
   * bytes; 144 MiB by default. See `MemoryBudget`, and `memory` to share one
   * between handlers.
   */
  readonly maxTotalHeldBytes?: number | undefined;
}

const { overload: _, ...PEER_OPTIONS } = SERVED_OPTIONS;

/** The names of the options of {@linkcode httpHandler}. */
export const HTTP_HANDLER_OPTIONS: OptionNames<HttpHandlerOptions> = {
  ...PEER_OPTIONS,
  authenticate: 1,
  cors: 1,
  hosts: 1,
  maxConcurrentCalls: 1,
  maxTotalHeldBytes: 1,
  onRefused: 1,
  origins: 1,
  proxyHeaders: 1,
  script: 1,
  trustedProxies: 1,
};

/** The identity of a caller, or what refuses it. */
interface Identified {
  readonly auth?: unknown;
  readonly refusal?: Reply | Response;
}

interface HttpStats {
  /** Totals of all calls, those that have ended included. */
  readonly stats: ServerStats;
}

/** A handler of HTTP requests that are calls. */
export interface HttpHandler extends AsyncDisposable {
  /** Makes the call that a request stands for, and returns its result as the response. */
  (request: Request, info?: HttpConnection): Promise<Response>;
  /** Totals of all calls, those that have ended included. */
  readonly stats: ServerStats;
  /** Answers further requests with status 503, and waits until running calls are answered. */
  drain(options?: DrainOptions): Promise<void>;
  /** Answers further requests with status 503, and ends running calls. */
  close(): Promise<void>;
}

/**
 * Returns a handler of HTTP requests that serves Gotalk handlers to any HTTP
 * client.
 *
 * `POST …/greet` calls the operation `greet`, whatever the path before it is, and
 * `GET` and `HEAD` those that are marked `safe`, with the input as the query
 * parameter `input`. JSON, text and bytes travel as `application/json`,
 * `text/plain` and `application/octet-stream`. A stream of bytes is the body in
 * both directions. Values are sent as `application/x-ndjson` or, if the client
 * accepts it instead, `text/event-stream`; a body of `application/x-ndjson` holds
 * those that the caller sends. `POST` with `Prefer: respond-async`, or to a name
 * that only notifications have, sends a notification, whose response has status
 * 202 once its handler has ended.
 *
 * Each call is served like one of a peer: limits, validation, middleware, events
 * and spans are the same, and the signal of the context aborts if the client
 * leaves. The handler cannot call the client, nor notify it.
 * `limits.maxAbandonedHandlers` counts the handlers of all calls; beyond it, calls
 * receive status 503. Every error has the JSON `{"error":…,"code":…}`, with `data`
 * if there is any, and a status: 400 for invalid input, 401 and 403,
 * 404 for an unknown operation, 405, 406, 408, 413 for limits, 415, 422 for an
 * `OperationError`, 500, 503 with `Retry-After` for what may be repeated, and 504
 * for `handlerTimeout`. An error after the first part breaks the body off; to
 * `text/event-stream` it is an event `error`, while `end` marks the end.
 *
 * `GET …/gotalk.js` receives the script for pages, see `script`.
 *
 * Requests of pages are accepted by `origins` and `hosts` like WebSockets. Images,
 * scripts and frames of other sites, which have no `Origin`, are refused by
 * `Sec-Fetch-Site`, unless `origins` is `"*"`. With the option `login`, only exchanges can log in, and calls are refused.
 *
 * @throws {TypeError} If an option is invalid.
 * @throws {RangeError} If a number is out of its range.
 *
 * @example
 * ```ts
 * import { Handlers, httpHandler } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = Deno.serve(
 *   { hostname: "127.0.0.1", port: 0, onListen() {} },
 *   httpHandler(handlers),
 * );
 * const response = await fetch(`http://127.0.0.1:${server.addr.port}/api/greet`, {
 *   method: "POST",
 *   headers: { "content-type": "application/json" },
 *   body: JSON.stringify("Rasmus"),
 * });
 * assertEquals(await response.json(), "Hello Rasmus");
 * ```
 */
export function httpHandler<
  Called extends Contract = AnyContract,
  Auth = unknown,
>(
  handlers: Handlers<AnyContract, Called, Auth>,
  options: HttpHandlerOptions<Auth> = {},
): HttpHandler {
  checkHandlers(handlers as Handlers | undefined);
  checkOptionNames(options as HttpHandlerOptions, HTTP_HANDLER_OPTIONS);
  checkPeerOptions(options as PeerOptions);
  checkCallOptions(options);
  checkNumbers(options, { maxConcurrentCalls: 0, maxTotalHeldBytes: 1 });
  const { maxConcurrentCalls = DEFAULT_MAX_CONCURRENT_CALLS } = options;
  const cors = new Cors(options.origins, options.cors);
  const clock = serverClock(options.clock);
  const refusals = new Refusals(options.onRefused, () => clock.now());
  const { handshakeTimeout, maxNameBytes } = checkedLimits(options.limits);
  const memory = options.memory ?? new MemoryBudget(options.maxTotalHeldBytes);
  const served = pickOptions(options as HttpHandlerOptions, PEER_OPTIONS);
  const peerOptions = { ...served, memory };
  const calls = new HttpCalls(handlers as Handlers, peerOptions, clock);
  /** Calls that are being authenticated. */
  let arriving = 0;
  let isClosed = false;

  /** Refuses a request, which is reported. */
  function refused(refusal: Failure, { info }: CallDecision, reason?: unknown) {
    const { status, text } = refusal;
    refusals.refused(
      reason ?? new Error(`Cannot accept a call: status ${status}, ${text}`),
      info,
    );
    return failureReply(refusal);
  }

  /** Returns an identity, or what refuses a request. */
  async function identify(decision: CallDecision): Promise<Identified> {
    try {
      const auth = await authenticated(
        options.authenticate,
        decision.request,
        {
          timeout: handshakeTimeout,
          clock,
          observed: refusals.observed,
          mayRespond: true,
        },
      );
      if (!(auth instanceof Response)) return { auth };
      const reason = new Error(
        `Cannot accept a call: authenticate responded with status ${auth.status}`,
      );
      refusals.refused(reason, decision.info);
      return { refusal: new Response(auth.body, auth) };
    } catch (error) {
      const refusal = error instanceof Error && error.name === "TimeoutError"
        ? retryLater("not available", WAIT)
        : isWithoutIdentity(error)
        ? unauthorized()
        : failure(403, "forbidden", "forbidden");
      return { refusal: refused(refusal, decision, error) };
    }
  }

  async function run(caller: Caller): Promise<Reply> {
    const { request } = caller;
    if (request.bodyUsed) throw bodyInUse();
    if (mediaType(request.headers) === EXCHANGE && request.method === "POST") {
      const encoded = encodedBody(request.headers);
      return encoded === undefined
        ? calls.exchange(caller)
        : failureReply(encoded);
    }
    const plan = planCall(request, handlers as Handlers, maxNameBytes);
    return "status" in plan
      ? failureReply(plan)
      : await calls.call(plan, caller);
  }

  async function respond(
    request: Request,
    decision: CallDecision,
  ): Promise<Reply | Response> {
    if (request.method === "OPTIONS") return cors.preflight(METHODS);
    if (isClosed) return refused(shuttingDown(), decision);
    if (calls.running + arriving >= maxConcurrentCalls) {
      return refused(retryLater("too many calls", WAIT), decision);
    }
    if (calls.tooManyAbandoned) {
      return refused(retryLater("too many abandoned handlers", WAIT), decision);
    }
    const { info } = decision;
    if (options.authenticate === undefined) {
      return await run({ request, info, auth: undefined });
    }
    arriving++;
    // From then on, it is one of the calls that run.
    const { auth, refusal } = await identify(decision)
      .finally(() => arriving--);
    if (refusal !== undefined) return refusal;
    if (isClosed) return refused(shuttingDown(), decision);
    return await run({ request, info, auth });
  }

  async function handle(
    request: Request,
    info?: HttpConnection,
  ): Promise<Response> {
    const script = pageScript(request, options);
    if (script !== undefined) return await script;
    const decision = decideCall(request, info, options);
    const { refusal } = decision;
    if (refusal !== undefined) {
      refusals.refused(refusal.reason, decision.info);
      return responseOf(await replyOfRefusal(refusal), {});
    }
    const answer = await respond(request, decision);
    const allowed = cors.headersFor(decision.request);
    const response = answer instanceof Response
      ? withHeaders(answer, allowed)
      : responseOf(answer, allowed);
    return request.method === "HEAD" ? withoutBody(response) : response;
  }

  const close = async () => {
    isClosed = true;
    await calls.close();
  };
  const stats = { get: () => calls.stats(refusals.total) };
  Object.defineProperty(handle, "stats", stats);
  return Object.assign(handle as typeof handle & HttpStats, {
    async drain(options: DrainOptions = {}) {
      checkDrainOptions(options);
      isClosed = true;
      await calls.drain(options);
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** Returns the reply for a request that is refused by its host or origin, or since that could not be decided. */
async function replyOfRefusal(refusal: Response): Promise<Reply> {
  const { status } = refusal;
  const code = status === 403 ? "forbidden" : "internal-error";
  const text = (await refusal.text()).trimEnd();
  return failureReply(failure(status, code, text));
}

function shuttingDown(): Failure {
  return retryLater("the server is shutting down", WAIT);
}

/** Keeps browsers from guessing the type of a response, and caches from keeping it. */
const PROTECTION = {
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
} as const;

/** Makes a response, with further headers. */
function responseOf(
  { body, headers, status }: Reply,
  further: Record<string, string>,
): Response {
  return new Response(body, {
    status,
    headers: { ...PROTECTION, ...further, ...headers },
  });
}

/** Adds headers to a response of the application. */
function withHeaders(
  response: Response,
  { vary, ...further }: Record<string, string>,
): Response {
  const { headers } = response;
  if (vary !== undefined) headers.append("vary", vary);
  for (const [name, value] of Object.entries({ ...PROTECTION, ...further })) {
    if (name === "cache-control" && headers.has(name)) continue;
    headers.set(name, value);
  }
  return response;
}

function withoutBody(response: Response): Response {
  response.body?.cancel().catch(() => {/* It has failed. */});
  return new Response(null, response);
}
