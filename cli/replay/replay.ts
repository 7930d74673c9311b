/**
 * Sends one direction of a recording again.
 *
 * @module
 */

import type { Remote } from "@gotalk/gotalk";
import {
  CANCEL,
  decodeCancel,
  isReservedName,
  type Message,
  type RequestId,
} from "@gotalk/gotalk/codec";
import { isResult, type Request, type TimelineMessage } from "./messages.ts";
import { type CallOptions, ReplayedCall } from "./_replayed_call.ts";
import type { RecordedAnswers } from "./recorded_answers.ts";

export type { ReplayedCall };

/** How a recording is sent. */
export interface ReplayOptions extends Omit<CallOptions, "onResult"> {
  /** How often faster than recorded; `Infinity` waits for answers only. */
  readonly speed: number;
  /** Called for each message of an answer. */
  readonly onResult: CallOptions["onResult"];
  /** Called when an answer is complete, or will never be. */
  readonly onSettled: (call: ReplayedCall) => void;
}

/** What each peer writes itself. */
const OWN: ReadonlySet<Message["kind"]> = new Set([
  "Heartbeat",
  "ProtocolError",
]);

/** Sends the messages of one direction of a recording, each after what came before it. */
export class Replay {
  readonly #remote: Remote;
  readonly #answers: RecordedAnswers;
  readonly #options: ReplayOptions;
  /** The calls whose recorded answer is not complete, by recorded ID. */
  readonly #open = new Map<RequestId, ReplayedCall[]>();
  /** The calls whose data goes on, by recorded ID. */
  readonly #streams = new Map<RequestId, ReplayedCall>();
  readonly #running = new Set<Promise<void>>();
  /** What the next message waits for. */
  #before: Promise<void>[] = [];
  /** When the first message was sent: in the recording, and now. */
  #start: { readonly recorded: number; readonly now: number } | undefined;
  #unsent = 0;
  #isCut = false;

  /** Creates a replay; the handlers of the peer are those of `answers`. */
  constructor(
    remote: Remote,
    answers: RecordedAnswers,
    options: ReplayOptions,
  ) {
    this.#remote = remote;
    this.#answers = answers;
    this.#options = options;
  }

  /** The number of messages that cannot be sent: their names are no text. */
  get unsent(): number {
    return this.#unsent;
  }

  /** Whether the connection ended before all was sent. */
  get isCut(): boolean {
    return this.#isCut;
  }

  /** Sends all, and waits for the answers. */
  async run(timeline: AsyncIterable<TimelineMessage>): Promise<void> {
    for await (const { direction, message, time } of timeline) {
      this.#options.signal.throwIfAborted();
      if (direction === "<") this.#note(message);
      else if (!this.#remote.signal.aborted) await this.#send(message, time);
      else if (!OWN.has(message.kind)) {
        this.#isCut = true;
        break;
      }
    }
    for (const call of [...this.#open.values()].flat()) call.endRecording();
    this.#answers.end();
    await Promise.all(this.#running);
  }

  /** Notes what the remote peer sent in the recording. */
  #note(message: Message): void {
    if (isRequest(message)) return this.#answers.request(message);
    if (!isResult(message)) return;
    const calls = this.#open.get(message.id);
    const call = calls?.[0];
    if (call === undefined || !call.record(message)) return;
    calls!.shift();
    if (calls!.length === 0) this.#open.delete(message.id);
    // What follows may depend on the answer.
    if (call.isSent) this.#before.push(call.settled);
  }

  async #send(message: Message, time: number | undefined): Promise<void> {
    switch (message.kind) {
      case "SingleRequest":
      case "StreamRequest":
        if (typeof message.operation !== "string") return this.#skip();
        await this.#wait(time);
        return this.#call(message);
      case "StreamRequestPart": {
        const call = this.#streams.get(message.id);
        if (call === undefined) return;
        await this.#wait(time);
        await call.part(message.payload);
        if (call.isSent) this.#streams.delete(message.id);
        return;
      }
      case "SingleResult":
      case "StreamResult":
      case "ErrorResult":
      case "RetryResult":
        await this.#wait(time);
        this.#answers.result(message);
        return;
      case "Notification":
        return await this.#notify(message, time);
      case "Heartbeat":
      case "ProtocolError":
        // The peer writes its own.
        return;
      default:
        message satisfies never;
    }
  }

  #call(request: Request): void {
    const call = new ReplayedCall(this.#remote, request, this.#options);
    const calls = this.#open.get(call.id);
    if (calls === undefined) this.#open.set(call.id, [call]);
    else calls.push(call);
    if (!call.isSent) this.#streams.set(call.id, call);
    const running = Promise.all([call.settled, call.isRecorded])
      .then(() => this.#options.onSettled(call));
    this.#running.add(running);
    void running.finally(() => this.#running.delete(running));
  }

  async #notify(
    { name, payload }: Extract<Message, { kind: "Notification" }>,
    time: number | undefined,
  ): Promise<void> {
    if (typeof name !== "string") return this.#skip();
    if (name === CANCEL) {
      const id = decodeCancel(payload)?.id;
      await this.#wait(time);
      if (id !== undefined) this.#open.get(id)?.[0]?.cancel();
      return;
    }
    // Of other extensions, the peer writes its own.
    if (isReservedName(name)) return;
    await this.#wait(time);
    try {
      await this.#remote.notifyBytes(name, payload);
    } catch {
      // The connection has ended, which its calls and `closed` report.
    }
  }

  #skip(): void {
    this.#unsent++;
  }

  /** Waits for the answers that came before in the recording, and until it is time. */
  async #wait(time: number | undefined): Promise<void> {
    const before = this.#before;
    this.#before = [];
    await Promise.all(before);
    const { speed, signal } = this.#options;
    if (time === undefined || speed === Infinity) return;
    this.#start ??= { recorded: time, now: performance.now() };
    const { recorded, now } = this.#start;
    const delay = now + (time - recorded) / speed - performance.now();
    if (delay > 0) await sleep(delay, signal);
  }
}

function isRequest(message: Message): message is Request {
  return message.kind === "SingleRequest" || message.kind === "StreamRequest";
}

/** Waits, and rejects with the reason of a signal that is aborted. */
function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  });
}
