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
  type PeerStats,
  type Remote,
} from "../peer/mod.ts";
import { checkedLimits, type Limits } from "../peer/limits.ts";
import { MemoryAccount } from "../peer/link/memory_account.ts";
import { memoryTotal } from "../peer/memory_budget.ts";
import { Observers } from "../peer/observers.ts";
import { type ServerStats, ServerTotals } from "../server_stats.ts";
import type { Channel } from "../transport/channel.ts";
import { AbandonedCalls } from "./_abandoned_calls.ts";
import { BodyTime } from "./_body_time.ts";
import { CallAnswer } from "./_call_answer.ts";
import { callChannel } from "./_call_channel.ts";
import { CallRequest } from "./_call_request.ts";
import type { PlannedCall } from "./_call_target.ts";
import {
  type Caller,
  DirectCall,
  type DirectCallOptions,
} from "./_direct_call.ts";
import {
  bodyInUse,
  BROKEN_BODY,
  type Failure,
  failure,
  retryLater,
} from "./_failure.ts";
import { LateCalls } from "./_late_calls.ts";
import { EXCHANGE } from "./_media_type.ts";
import { type Reply, replyOf } from "./_reply.ts";
import { ServedExchange } from "./_served_exchange.ts";
import { smallPayload, smallPayloadTime } from "./_small_payload.ts";

/**
 * How long a call takes of which the client is not expected to leave before its
 * result, in milliseconds. The signal of a request is not free: Deno 2.9 prints
 * a notice when it is first used.
 */
const QUICK_CALL = 50;

/** How long a client waits whose call was not carried out, in milliseconds. */
const WAIT = 1_000;

/** A call or exchange that is running. */
interface RunningCall {
  readonly stats: PeerStats;
  drain(options: DrainOptions): Promise<void>;
  close(): Promise<void>;
}

/**
 * Serves each call like a peer, so that all limits of peers apply: small ones
 * directly, others by a peer each.
 */
export class HttpCalls {
  readonly #handlers: Handlers;
  readonly #options: PeerOptions;
  readonly #limits: Limits;
  readonly #clock: Clock;
  readonly #totals = new ServerTotals();
  readonly #running = new Set<RunningCall>();
  readonly #abandoned = new AbandonedCalls();
  readonly #direct: DirectCallOptions;
  /** Holds nothing, and knows what is refused. */
  readonly #memory: MemoryAccount;

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
    this.#direct = {
      handlers,
      limits: this.#limits,
      peer: options,
      lateCalls: new LateCalls(clock, QUICK_CALL),
      bodyTime: smallPayloadTime(this.#limits),
      report: (event, answer) => this.#report(event, answer),
      ended: (call) => this.#ended(call),
    };
    const account = { clock, limits: this.#limits, giveWay() {} };
    this.#memory = new MemoryAccount(memoryTotal(options.memory), account);
  }

  /** Number of calls and exchanges that are running. */
  get running(): number {
    return this.#running.size;
  }

  /** Whether as many handlers as `maxAbandonedHandlers` run on, although their calls have ended. */
  get tooManyAbandoned(): boolean {
    return this.#abandoned.reaches(this.#limits.maxAbandonedHandlers);
  }

  /** Returns the totals. */
  stats(refused: number): ServerStats {
    const totals = this.#totals.stats(this.#running, refused);
    const abandoned = totals.abandoned + this.#abandoned.handlers;
    return { ...totals, abandoned };
  }

  /** Makes a call, and returns its reply once something is known of the answer. */
  async call(planned: PlannedCall, caller: Caller): Promise<Reply> {
    const { target, type } = planned;
    const size = this.#options.login === undefined
      ? smallPayload(target, caller.request, this.#limits)
      : undefined;
    if (
      size === undefined || this.#memory.refusesRequest(size) !== undefined
    ) return await this.#converse(planned, caller);
    const call = new DirectCall(this.#direct, target, type, caller);
    this.#began(call);
    return replyOf(await call.make(size), type);
  }

  /** Makes a call by a peer. */
  async #converse(
    { target, type }: PlannedCall,
    caller: Caller,
  ): Promise<Reply> {
    const { request, info } = caller;
    assertUnlocked(request);
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
    const peer = this.#serve(channel, caller, answer);
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
    return replyOf(outcome, type);
  }

  /** Holds a conversation, and returns the reply that is the peer's side. */
  exchange(caller: Caller): Reply {
    assertUnlocked(caller.request);
    const channel = new ServedExchange(caller.request, caller.info, {
      clock: this.#clock,
      time: new BodyTime(this.#clock, this.#limits),
      dispatched: () => void peer.drain({ timeout: Infinity, quiet: 0 }),
    });
    const peer = this.#serve(channel, caller);
    const { body } = channel;
    return { status: 200, headers: { "content-type": EXCHANGE }, body };
  }

  /** Waits until the calls have been answered, and their notifications handled. */
  async drain(options: DrainOptions): Promise<void> {
    const { timeout = this.#limits.closeTimeout } = options;
    const end = this.#clock.now() + timeout;
    await this.#endAll((call) => call.drain({ ...options, quiet: 0 }));
    const left = Math.max(0, end - this.#clock.now());
    await this.#abandoned.drain({ ...options, timeout: left });
  }

  /** Ends all calls. */
  async close(): Promise<void> {
    await this.#endAll((call) => call.close());
  }

  async #endAll(end: (call: RunningCall) => Promise<void>): Promise<void> {
    await Promise.all(Array.from(this.#running, end));
    this.#direct.lateCalls.stop();
  }

  #serve(
    channel: Channel,
    { auth }: Caller,
    answer?: CallAnswer,
  ): Peer {
    const peer = new Peer(channel, {
      ...this.#options,
      auth,
      onEvent: (event) => this.#report(event, answer),
    });
    this.#began(peer);
    void peer.closed.then(() => this.#ended(peer));
    return peer;
  }

  #began(call: RunningCall): void {
    this.#totals.opened();
    this.#running.add(call);
  }

  #ended(call: RunningCall): void {
    this.#running.delete(call);
    const { stats } = call;
    this.#totals.ended({ stats });
    if (stats.abandoned > 0) this.#abandoned.add(call);
  }

  /** Passes on events, except states and heartbeats, which do not concern the call. */
  #report(event: PeerEvent, answer: CallAnswer | undefined): unknown {
    answer?.observe(event);
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
  if (isBroken) return BROKEN_BODY;
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

/**
 * Checks that nothing else reads the body of a request.
 *
 * @throws {TypeError} If something does.
 */
function assertUnlocked({ body }: Request): void {
  if (body?.locked) throw bodyInUse();
}
