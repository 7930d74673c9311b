/**
 * What peers do for each other beyond version 1 of the protocol: notifications
 * with reserved names.
 *
 * @module
 */

import {
  BYTES,
  BYTES_PAYLOAD,
  CANCEL,
  CREDIT,
  type Credit,
  DRAIN,
  encodeCancel,
  encodeDrain,
  type Header,
  isReservedName,
  type Message,
  type RequestId,
} from "../../../codec/mod.ts";
import {
  TRACE,
  type TraceParent,
  tracePayload,
} from "../../../codec/extensions/trace.ts";
import type { Channel } from "../../../transport/channel.ts";
import { ByteStream, type ByteStreamLink } from "./byte_stream.ts";
import { type CancelsLink, ReceivedCancels } from "./received_cancels.ts";
import {
  type CreditEvents,
  type CreditsLink,
  ReceivedCredits,
} from "./received_credits.ts";
import { ReceivedDrain } from "./received_drain.ts";
import { ReceivedTraces, type TracesLink } from "./received_traces.ts";
import { ReceiveWindow } from "./receive_window.ts";
import type { SentCredit } from "./sent_credit.ts";
import { WindowBudget, type WindowsLink } from "./window_budget.ts";

/** What is needed of the link. */
export interface ExtensionsLink
  extends
    TracesLink,
    CancelsLink,
    CreditsLink,
    ByteStreamLink,
    Omit<WindowsLink, "memory"> {
  readonly channel: Channel;
  readonly memory: TracesLink["memory"] & WindowsLink["memory"];
  send(message: Message): void;
}

/** Receives what the notifications of extensions mean for calls and handlers. */
export interface ExtensionEvents extends CreditEvents {
  /** The remote peer cancels a request. Returns whether it was being handled. */
  cancelled(id: RequestId, reason: string): boolean;
  /** The remote peer takes no new requests. Called once. */
  remoteDrains(reason: string): void;
}

/** Sends and receives the notifications of all extensions of one connection. */
export class Extensions {
  readonly #link: ExtensionsLink;
  readonly #events: ExtensionEvents;
  /** Created with the first trace context that a peer with a tracer receives. */
  #traces: ReceivedTraces | undefined;
  /** Created with the first cancel that is received. */
  #cancels: ReceivedCancels | undefined;
  /** Created with the first report of a WebSocket's remote peer. */
  #byteStream: ByteStream | undefined;
  /** Created with the first credit that is received. */
  #credits: ReceivedCredits | undefined;
  /** Created with the first stream that is long. */
  #windows: WindowBudget | undefined;
  /** Created with the first drain that is received. */
  #drain: ReceivedDrain | undefined;
  #sentDrain = false;
  /** The trace context of the request that is being dispatched. */
  parent: TraceParent | undefined;
  /** Number of cancels that were sent. */
  cancelsOut = 0;
  /** Whether the remote peer knows cancels; `undefined` until it is known. */
  knowsCancels: boolean | undefined;

  /** Creates the extensions of a link. */
  constructor(link: ExtensionsLink, events: ExtensionEvents) {
    this.#link = link;
    this.#events = events;
  }

  /** Whether the remote peer has reported that it reads messages as one byte stream. */
  get readsByteStream(): boolean {
    return this.#byteStream?.isKnown === true;
  }

  /** Number of requests that the remote peer has cancelled while they were handled. */
  get cancelsIn(): number {
    return this.#cancels?.count ?? 0;
  }

  /** Number of credits that let a stream go on. */
  get creditsIn(): number {
    return this.#credits?.count ?? 0;
  }

  /** Number of credits that were sent. */
  get creditsOut(): number {
    return this.#windows?.creditsOut ?? 0;
  }

  /** Opens the window of a direction of a stream, of which an amount of bytes has arrived. */
  openWindow(
    direction: Credit["direction"],
    id: RequestId,
    received: number,
  ): ReceiveWindow | undefined {
    const windows = this.#windows ??= new WindowBudget(this.#link);
    return windows.isLimited
      ? new ReceiveWindow(windows, direction, id, received)
      : undefined;
  }

  /** Lets a first credit arrive, on channels that take megabytes before any is read. */
  lookForCredit(credit: SentCredit): Promise<void> | undefined {
    const { channel, clock } = this.#link;
    if (!channel.wholeUnits) return undefined;
    return credit.look(this.#byteStream?.isKnown ? clock : undefined);
  }

  /** Receives a notification with a reserved name. One that is unknown is dropped silently (extension/unknown). */
  received(name: string, payload: Uint8Array): void {
    switch (name) {
      case TRACE:
        if (!this.#link.traced) return;
        this.#traces ??= new ReceivedTraces(this.#link);
        return this.#traces.received(payload);
      case CANCEL:
        this.knowsCancels = true;
        this.#cancels ??= new ReceivedCancels(this.#link, this.#events);
        return this.#cancels.received(payload);
      case BYTES:
        this.#byteStream ??= new ByteStream(
          this.#link,
          () => this.#sendBytes(),
        );
        return this.#byteStream.received(payload);
      case CREDIT:
        this.#credits ??= new ReceivedCredits(this.#link, this.#events);
        return this.#credits.received(payload);
      case DRAIN:
        this.#drain ??= new ReceivedDrain(this.#link, this.#events);
        return this.#drain.received(payload);
    }
  }

  /** Reports, as the initiator of a WebSocket, that the local peer reads messages as one byte stream: directly after the version (extension/bytes). */
  start(): void {
    const { channel, isAcceptor } = this.#link;
    if (!isAcceptor && channel.mergeUnits !== undefined) this.#sendBytes();
  }

  /** Prepares for a request, which may be refused. */
  requestArrives(id: RequestId): void {
    this.parent = this.#traces?.take(id);
  }

  /** Sends the trace context of a request, right before it (extension/trace). */
  sendTrace(id: RequestId, trace: string): void {
    this.#send(TRACE, tracePayload(id, trace));
  }

  /** Cancels a request, the last that is sent of it (extension/cancel-last). */
  sendCancel(id: RequestId, reason: string): void {
    this.cancelsOut++;
    this.#send(CANCEL, encodeCancel({ id, reason }));
  }

  /** Reports, once, that the local peer takes no new requests (extension/drain-final). */
  sendDrain(reason: string): void {
    if (this.#sentDrain) return;
    this.#sentDrain = true;
    this.#send(DRAIN, encodeDrain(reason));
  }

  /** Forgets all that waits: the connection has ended. */
  close(): void {
    this.#traces?.close();
    this.parent = undefined;
  }

  #sendBytes(): void {
    this.#send(BYTES, BYTES_PAYLOAD);
  }

  #send(name: string, payload: Uint8Array): void {
    this.#link.send({ kind: "Notification", name, payload });
  }
}

/**
 * Whether a message is of an extension, and has been dealt with. A request is
 * not, but its trace context is at hand afterwards.
 */
export function isForExtension(
  extensions: Extensions | undefined,
  { kind, id, name }: Header,
  payload: Uint8Array,
): boolean {
  switch (kind) {
    case "SingleRequest":
    case "StreamRequest":
      extensions?.requestArrives(id);
      return false;
    case "Notification":
      if (!isReservedName(name)) return false;
      // None has a name that is not text.
      if (typeof name === "string") extensions?.received(name, payload);
      return true;
    case "StreamRequestPart":
    case "SingleResult":
    case "StreamResult":
    case "ErrorResult":
    case "RetryResult":
    case "Heartbeat":
    case "ProtocolError":
      return false;
    // deno-coverage-ignore
    default:
      return kind satisfies never;
  }
}
