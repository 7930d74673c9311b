/**
 * A peer of a page over one WebSocket.
 *
 * @module
 */

import { BYTES } from "../codec/extensions/bytes.ts";
import { CANCEL } from "../codec/extensions/cancel.ts";
import { CREDIT } from "../codec/extensions/credit.ts";
import { DRAIN } from "../codec/extensions/drain.ts";
import { isReservedName } from "../codec/extensions/reserved_name.ts";
import { quoteName } from "../codec/name.ts";
import type { CallOptions } from "../peer/call_options.ts";
import {
  checkDrainOptions,
  DEFAULT_QUIET,
  type DrainOptions,
} from "../peer/drain_options.ts";
import { Handlers } from "../peer/handlers.ts";
import type { Remote } from "../peer/remote.ts";
import { closedError } from "../peer/requestor/result_errors.ts";
import { SHUTTING_DOWN } from "../peer/shutting_down.ts";
import type { FormedStreamOptions } from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import { after } from "./_clock.ts";
import { Line } from "./_line.ts";
import { Requests } from "./_requests.ts";
import { Responses } from "./_responses.ts";
import { limitError } from "./_errors.ts";
import { decodeCredit, encodeReason, readReason } from "./_extensions.ts";
import { latin1, type PageHeader } from "./_wire.ts";
import type { PageOptions } from "./options.ts";
import type { PageStats } from "./page_peer.ts";

/** A notification is refused while more bytes than this have not left. */
const MAX_UNSENT = 16 * 1024 * 1024;

/** One conversation over one WebSocket. */
export class PageConnection extends Line {
  /** Called once the remote peer takes no new requests. */
  onRemoteDrains: (() => void) | undefined;
  readonly #requests: Requests;
  readonly #responses: Responses;
  /** What waits until nothing runs. */
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(socket: WebSocket, options: PageOptions, remote?: Remote) {
    super(socket, options);
    this.#responses = new Responses(
      this,
      remote ?? this as unknown as Remote,
      options.handlers ?? new Handlers(),
    );
    this.#requests = new Requests(this, options.retry);
  }

  get stats(): PageStats {
    const { messagesIn, messagesOut, bytesIn, out: { bytesOut } } = this;
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

  override requestPayload(
    operation: string,
    payload: Uint8Array,
    options: CallOptions,
  ): Promise<Uint8Array> {
    return this.#requests.single(operation, payload, options);
  }

  // deno-lint-ignore require-await -- an error must reject
  override async notifyPayload(
    name: string,
    payload: Uint8Array,
  ): Promise<void> {
    const { out } = this;
    if (this.hasEnded) {
      throw closedError(name, "not-sent", this.closeInfo?.error);
    }
    if (out.unsentBytes > MAX_UNSENT) {
      const what = `send ${quoteName(name)}, ${out.unsentBytes} bytes wait`;
      throw limitError(what, "maxWriteQueueBytes");
    }
    this.send("n", "", name, payload);
    return out.ready(() => true);
  }

  async drain(options: DrainOptions = {}): Promise<void> {
    checkDrainOptions(options);
    const {
      timeout = this.limits.closeTimeout,
      quiet = DEFAULT_QUIET,
      reason = SHUTTING_DOWN,
    } = options;
    if (!this.hasEnded) this.state = "draining";
    this.send("n", "", DRAIN, encodeReason("", reason));
    this.#requests.refuse("the local peer is draining");
    this.#responses.refuse(() => this.#requests.calls.size > 0);
    this.#idle ??= Promise.withResolvers();
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const stop = after(this.clock, timeout, resolve);
    this.settled();
    await Promise.race([this.#idle.promise, late]);
    // Requests that are on their way are refused, not lost.
    if (this.#responses.received > 0) {
      const stopQuiet = after(this.clock, quiet, resolve);
      await Promise.race([late, this.closed]);
      stopQuiet();
    }
    stop();
    await this.close();
  }

  override async close(): Promise<void> {
    this.end();
    await this.closed;
  }

  protected override ended(cause: unknown): void {
    this.#requests.closed(cause);
    this.#responses.closed(cause);
    this.#idle?.resolve();
  }

  protected override message(
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
    this.speaksExtensions = true;
    if (payload === undefined) return;
    if (name === BYTES) {
      if (payload.byteLength === 0) this.out.merges = true;
    } else if (name === CANCEL) {
      const id = latin1(payload.subarray(0, 4));
      this.#responses.cancel(id, readReason(payload.subarray(4)));
    } else if (name === CREDIT) {
      const [direction, id, offset] = decodeCredit(payload) ?? [];
      if (offset === undefined) return;
      if (direction === "S") this.#responses.credited(id!, offset);
      else this.#requests.pending.get(id!)?.credited(offset);
    } else if (name === DRAIN) {
      this.#requests.remoteDrains = true;
      this.#requests.refuse(
        `the remote peer is draining${readReason(payload)}`,
      );
      this.onRemoteDrains?.();
    }
  }

  override get isHandling(): boolean {
    return this.#responses.busy > 0;
  }

  override settled(): void {
    if (this.#requests.calls.size + this.#responses.busy === 0) {
      this.#idle?.resolve();
    }
  }
}
