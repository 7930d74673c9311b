/**
 * The calls of an HTTP handler that are running.
 *
 * @module
 */

import { isProtocolError } from "../codec/mod.ts";
import { onAbort } from "../peer/abort.ts";
import {
  type Clock,
  type DrainOptions,
  type Handlers,
  Peer,
  type PeerEvent,
  type PeerOptions,
  type Remote,
} from "../peer/mod.ts";
import { checkedLimits, type Limits } from "../peer/limits.ts";
import { Observers } from "../peer/observers.ts";
import { type ServerStats, ServerTotals } from "../server_stats.ts";
import type { Channel, ChannelInfo } from "../transport/channel.ts";
import { BodyTime } from "./_body_time.ts";
import { CallAnswer, type Outcome } from "./_call_answer.ts";
import { callChannel } from "./_call_channel.ts";
import { CallRequest } from "./_call_request.ts";
import type { PlannedCall } from "./_call_target.ts";
import {
  type Failure,
  failure,
  failureResponse,
  retryLater,
} from "./_failure.ts";
import { EXCHANGE, MEDIA } from "./_media_type.ts";
import { ServedExchange } from "./_served_exchange.ts";

/**
 * How long a call takes of which the client is not expected to leave before its
 * result, in milliseconds. The signal of a request is not free: Deno 2.9 prints
 * a notice when it is first used.
 */
const QUICK_CALL = 50;

/** How long a client waits whose call was not carried out, in milliseconds. */
const WAIT = 1_000;

/** A request, and what is known of its client. */
export interface Caller {
  /** The request, with its body. */
  readonly request: Request;
  readonly info: ChannelInfo;
  readonly auth: unknown;
}

/** Serves each call by a separate peer, so that all limits of peers apply. */
export class HttpCalls {
  readonly #handlers: Handlers;
  readonly #options: PeerOptions;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #totals = new ServerTotals();
  readonly #peers = new Set<Peer>();

  /** Serves calls with handlers. */
  constructor(handlers: Handlers, options: PeerOptions, clock: Clock) {
    this.#handlers = handlers;
    this.#clock = clock;
    this.#limits = checkedLimits(options.limits);
    // The body of a request has a timeout already.
    const limits = { ...this.#limits, receiveTimeout: Infinity };
    const { extensions = true, telemetry } = options;
    this.#options = {
      ...options,
      handlers,
      role: "acceptor",
      overload: "retry",
      limits,
      extensions: extensions && telemetry !== undefined,
    };
  }

  /** Number of calls and exchanges that are running. */
  get running(): number {
    return this.#peers.size;
  }

  /** Returns the totals. */
  stats(refused: number): ServerStats {
    return this.#totals.stats(this.#peers, refused);
  }

  /** Makes a call, and returns its response once something is known of the answer. */
  async call({ target, type }: PlannedCall, caller: Caller): Promise<Response> {
    const { request, info } = caller;
    const answer = new CallAnswer(type, (reason) => peer.abort(reason));
    const isNotification = target.kind === "notification";
    const dispatched = () => {
      if (isNotification) void peer.drain({ timeout: Infinity, quiet: 0 });
    };
    const { maxPayloadBytes } = this.#limits;
    const time = new BodyTime(this.#clock, this.#limits);
    const messages = new CallRequest(request, target, maxPayloadBytes, time);
    const channel = callChannel(
      messages,
      answer,
      info,
      {
        clock: this.#clock,
        time,
        dispatched: target.staysOpen ? dispatched : undefined,
      },
    );
    const peer = this.#serve(channel, caller, (event) => answer.observe(event));
    let remove = () => {};
    const watch = this.#clock.schedule(() => {
      remove = onAbort(request.signal, (reason) => peer.abort(reason));
    }, QUICK_CALL);
    void answer.complete.then(() => peer.close());
    void peer.closed.then(({ error }) => {
      if (isNotification && error === undefined) answer.accepted();
      else answer.fail(endedFailure(error, messages, answer));
    });
    const outcome = await answer.outcome;
    // From here on, the body shows whether the client leaves.
    this.#clock.cancel(watch);
    remove();
    return responseOf(outcome, type);
  }

  /** Holds a conversation, and returns the response that is the peer's side. */
  exchange(caller: Caller): Response {
    const channel = new ServedExchange(caller.request, caller.info, {
      clock: this.#clock,
      time: new BodyTime(this.#clock, this.#limits),
      dispatched: () => void peer.drain({ timeout: Infinity, quiet: 0 }),
    });
    const peer = this.#serve(channel, caller);
    return new Response(channel.body, {
      headers: { "content-type": EXCHANGE },
    });
  }

  /** Waits until the calls have been answered. */
  async drain(options: DrainOptions): Promise<void> {
    await this.#endAll((peer) => peer.drain({ ...options, quiet: 0 }));
  }

  /** Ends all calls. */
  async close(): Promise<void> {
    await this.#endAll((peer) => peer.close());
  }

  async #endAll(end: (peer: Peer) => Promise<void>): Promise<void> {
    await Promise.all(Array.from(this.#peers, end));
  }

  #serve(
    channel: Channel,
    { auth }: Caller,
    observe?: (event: PeerEvent) => void,
  ): Peer {
    const peer = new Peer(channel, {
      ...this.#options,
      auth,
      onEvent: (event) => this.#report(event, observe),
    });
    this.#totals.opened();
    this.#peers.add(peer);
    void peer.closed.then(() => {
      this.#peers.delete(peer);
      this.#totals.ended(peer);
    });
    return peer;
  }

  /** Passes on events, except states and heartbeats, which do not concern the call. */
  #report(
    event: PeerEvent,
    observe: ((event: PeerEvent) => void) | undefined,
  ): unknown {
    observe?.(event);
    if (event.type === "state" || event.type === "heartbeat") return;
    const { onEvent } = this.#options;
    if (onEvent !== undefined) return onEvent(event);
    new Observers(event.peer as Remote, undefined, undefined).emit(event);
  }
}

/** Why a call is not answered whose conversation has ended. */
function endedFailure(
  error: unknown,
  { isBroken, isWhole }: CallRequest,
  { isUnread }: CallAnswer,
): Failure {
  if (isBroken) {
    return failure(400, "malformed", "the body ended before its end");
  }
  if (error === undefined && !isWhole) {
    return retryLater("the server is shutting down", WAIT);
  }
  if (!isProtocolError(error) || error.reason !== "timeout") {
    return failure(500, "ended", "the call was ended before its result");
  }
  const slow = isUnread
    ? "the response is not read"
    : "the request arrives too slowly";
  return failure(408, "timeout", slow);
}

function contentType(type: string): string {
  return type === MEDIA.text ? `${type}; charset=utf-8` : type;
}

function responseOf(outcome: Outcome, type: string): Response {
  switch (outcome.kind) {
    case "failure":
      return failureResponse(outcome.failure, outcome.body);
    case "accepted":
      return new Response(null, { status: 202 });
    case "stream":
      return new Response(outcome.body, {
        headers: { "content-type": contentType(type) },
      });
    case "result": {
      const { body, length } = outcome;
      if (type === MEDIA.json && length === 0) {
        return new Response(null, { status: 204 });
      }
      return new Response(body, {
        headers: {
          "content-type": contentType(type),
          "content-length": String(length),
        },
      });
    }
    // deno-coverage-ignore-start
    default:
      return outcome satisfies never;
      // deno-coverage-ignore-stop
  }
}
