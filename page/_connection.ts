/**
 * A peer of a page over one WebSocket.
 *
 * @module
 */

import { CANCEL } from "../codec/extensions/cancel.ts";
import { CREDIT } from "../codec/extensions/credit.ts";
import { DRAIN } from "../codec/extensions/drain.ts";
import { isReservedName } from "../codec/extensions/reserved_name.ts";
import { quoteName } from "../codec/name.ts";
import { endSignal } from "../peer/abort.ts";
import type { CallOptions } from "../peer/call_options.ts";
import {
  checkDrainOptions,
  DEFAULT_QUIET,
  type DrainOptions,
} from "../peer/drain_options.ts";
import { Handlers } from "../peer/handlers.ts";
import type { CloseInfo, PeerState } from "../peer/peer_state.ts";
import type { Remote } from "../peer/remote.ts";
import { closedError } from "../peer/requestor/result_errors.ts";
import { SHUTTING_DOWN } from "../peer/shutting_down.ts";
import type { FormedStreamOptions } from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import type { ChannelInfo } from "../transport/channel.ts";
import { pageClock } from "./_clock.ts";
import { Line } from "./_line.ts";
import { PageRemote } from "./_remote.ts";
import { Requests } from "./_requests.ts";
import { Responses } from "./_responses.ts";
import { abortError, limitError } from "./_errors.ts";
import { decodeCredit, decodeReason, encodeReason } from "./_extensions.ts";
import { latin1, type PageHeader } from "./_wire.ts";
import { PAGE_LIMITS, type PageOptions } from "./options.ts";
import type { PageStats } from "./page_peer.ts";

/** A notification is refused while more bytes than this have not left. */
const MAX_UNSENT = 16 * 1024 * 1024;

const NO_HANDLERS = new Handlers();

/** One conversation over one WebSocket. */
export class PageConnection extends PageRemote {
  readonly auth = undefined;
  readonly info: ChannelInfo;
  readonly line: Line;
  /** Called once the remote peer takes no new requests. */
  onRemoteDrains: (() => void) | undefined;
  readonly #requests: Requests;
  readonly #responses: Responses;
  readonly #stateChanged: ((state: PeerState) => void) | undefined;
  #signal: AbortSignal | undefined;
  /** What waits until nothing runs. */
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(
    socket: WebSocket,
    options: PageOptions,
    remote?: Remote,
    stateChanged?: (state: PeerState) => void,
  ) {
    super();
    const { clock = pageClock, connectTimeout = 10_000 } = options;
    const limits = { ...PAGE_LIMITS, ...options.limits };
    const { url } = socket;
    this.info = {
      transport: "websocket",
      remote: url,
      secure: url.startsWith("wss:"),
    };
    this.#stateChanged = stateChanged;
    this.line = new Line(socket, { clock, limits, connectTimeout }, {
      message: (header, payload) => this.#message(header, payload),
      stateChanged: (state) => this.#stateChanged?.(state),
      ended: (cause) => {
        this.#requests.closed(cause);
        this.#responses.closed(cause);
        this.#idle?.resolve();
      },
    });
    const settled = () => this.#settled();
    this.#responses = new Responses(
      this.line,
      remote ?? this as unknown as Remote,
      options.handlers ?? NO_HANDLERS,
      settled,
    );
    this.#requests = new Requests(
      this.line,
      options.retry,
      () => this.#responses.busy > 0,
      settled,
    );
  }

  get state(): PeerState {
    return this.line.state;
  }

  get opened(): Promise<void> {
    return this.line.opened;
  }

  get closed(): Promise<CloseInfo> {
    return this.line.closed;
  }

  get closeInfo(): CloseInfo | undefined {
    return this.line.closeInfo;
  }

  get signal(): AbortSignal {
    return this.#signal ??= endSignal(this);
  }

  get stats(): PageStats {
    const { messagesIn, messagesOut, bytesIn, out: { bytesOut } } = this.line;
    return {
      messagesIn,
      messagesOut,
      bytesIn,
      bytesOut,
      pending: this.#requests.calls.size,
      running: this.#responses.running,
    };
  }

  /** Whether new calls can be made. */
  get takesCalls(): boolean {
    return this.state === "open" && !this.#requests.remoteDrains;
  }

  override stream(
    operation: string,
    options: FormedStreamOptions = {},
  ): StreamPair {
    return this.#requests.stream(operation, options);
  }

  override call(
    operation: string,
    payload: Uint8Array,
    options: CallOptions,
  ): Promise<Uint8Array> {
    return this.#requests.single(operation, payload, options);
  }

  // deno-lint-ignore require-await -- an error must reject
  override async send(name: string, payload: Uint8Array): Promise<void> {
    const { line } = this;
    const { state, out: { unsentBytes } } = line;
    if (state === "closing" || state === "closed") {
      const cause = line.closeInfo?.error;
      throw closedError(name, "not-sent", cause);
    }
    if (unsentBytes > MAX_UNSENT) {
      const what = `send ${quoteName(name)}, ${unsentBytes} bytes wait`;
      throw limitError(what, "maxWriteQueueBytes");
    }
    line.send("n", "", name, payload);
    return line.out.ready(() => true);
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    const { line } = this;
    const {
      timeout = line.limits.closeTimeout,
      quiet = DEFAULT_QUIET,
      reason = SHUTTING_DOWN,
    } = options;
    line.drain();
    line.send("n", "", DRAIN, encodeReason("", reason));
    this.#requests.refuse("the local peer is draining");
    this.#responses.refuse(() => this.#requests.calls.size > 0);
    this.#idle ??= Promise.withResolvers();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = line.clock.schedule(resolve, timeout);
    this.#settled();
    await Promise.race([this.#idle.promise, late]);
    // Requests that are on their way are refused, not lost.
    if (this.#responses.received > 0) {
      const quietTimer = line.clock.schedule(resolve, quiet);
      await Promise.race([late, line.closed]);
      line.clock.cancel(quietTimer);
    }
    line.clock.cancel(timer);
    await this.close();
  }

  override async close(): Promise<void> {
    this.line.end();
    await this.closed;
  }

  abort(reason?: unknown): void {
    this.line.abort(reason ?? abortError("The connection was aborted"));
  }

  #message(
    { letter, id, name, numbers }: PageHeader,
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    switch (letter) {
      case "r":
        return this.#responses.single(id, name, payload);
      case "s":
        return this.#responses.stream(id, name, payload);
      case "p":
        return this.#responses.part(id, payload);
      case "n":
        if (!isReservedName(name)) {
          return this.#responses.notification(name, payload);
        }
        return this.#extension(name, payload);
      default:
        this.#requests.answer(letter, id, payload, numbers[0]!);
    }
  }

  #extension(
    name: PageHeader["name"],
    payload: Uint8Array<ArrayBuffer> | undefined,
  ): void {
    if (payload === undefined) return;
    if (name === CANCEL) {
      const id = latin1(payload.subarray(0, 4));
      this.#responses.cancel(id, decodeReason(payload.subarray(4)));
    } else if (name === CREDIT) {
      const credit = decodeCredit(payload);
      if (credit === undefined) return;
      const { direction, id, offset } = credit;
      if (direction === "S") this.#responses.credited(id, offset);
      else this.#requests.pending.get(id)?.credited(offset);
    } else if (name === DRAIN) {
      const reason = decodeReason(payload);
      const why = reason === "" ? "" : `: ${quoteName(reason)}`;
      this.#requests.remoteDrains = true;
      this.#requests.refuse(`the remote peer is draining${why}`);
      this.onRemoteDrains?.();
    }
  }

  #settled(): void {
    if (this.#requests.calls.size + this.#responses.busy === 0) {
      this.#idle?.resolve();
    }
  }
}
