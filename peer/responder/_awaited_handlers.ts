/**
 * Handlers whose outcome is awaited.
 *
 * @module
 */

import type { RequestContext } from "../context.ts";
import type { ResponderLink } from "./responder_link.ts";
import { costOf, HandledPayloads } from "./_handled_payloads.ts";
import { payloadOf, type ResultSender } from "./_result_sender.ts";
import type { RunningHandlers } from "./_running_handlers.ts";
import type { Failure } from "./request_listener.ts";

/**
 * Awaits handlers of single requests and notifications, charges the memory that
 * they hold meanwhile, and sends or reports what becomes of them.
 */
export class AwaitedHandlers {
  readonly #link: ResponderLink;
  readonly #results: ResultSender;
  readonly #running: RunningHandlers;
  readonly #payloads: HandledPayloads;
  readonly #ended: (context: RequestContext) => void;
  /** Bytes of results that wait for the write queue. */
  waitingBytes = 0;

  /** Awaits handlers of a link. `ended` is called when one has ended. */
  constructor(
    link: ResponderLink,
    results: ResultSender,
    running: RunningHandlers,
    ended: (context: RequestContext) => void,
  ) {
    this.#link = link;
    this.#results = results;
    this.#running = running;
    this.#payloads = new HandledPayloads(link.memory);
    this.#ended = ended;
  }

  /**
   * Sends a result once the handler has returned it and the write queue is short
   * enough. Other requests are handled meanwhile (request/concurrent).
   */
  async result(
    id: number,
    context: RequestContext,
    input: Uint8Array<ArrayBuffer>,
    output: unknown,
    isLimited = true,
  ): Promise<Failure | undefined> {
    const link = this.#link;
    const running = this.#running;
    running.add(context, "request");
    if (isLimited && running.limitsTime) this.#limitTime(context, id);
    const isTimed = this.#results.singles.begun();
    const held = this.#payloads.hold(input);
    // At once: the next request of the chunk must find it counted.
    // Not by `instanceof`, at which a proxy may throw.
    const ready = ArrayBuffer.isView(output) ? output as Uint8Array : undefined;
    let size = ready?.byteLength ?? 0;
    let charged = ready === undefined ? 0 : costOf(ready, held);
    this.#waiting(size, charged);
    const { memory } = link;
    const { operation } = context;
    let expected = size > 0 ? 0 : memory.expectedResult(operation);
    memory.work(expected);
    try {
      const payload = payloadOf(await output, context);
      running.endTime(context);
      memory.work(-expected);
      expected = 0;
      memory.resultKnown(operation, payload.byteLength);
      if (size === 0 && link.congested) {
        const limit = memory.refuses(payload.byteLength);
        if (limit !== undefined && running.awaits(context)) {
          this.#results.discarded(id, context, limit);
          return undefined;
        }
        size = payload.byteLength;
        charged = costOf(payload, held);
        this.#waiting(size, charged);
      }
      // One that cannot be sent any more must not hold memory until the queue moves.
      while (link.congested && running.awaits(context)) {
        await link.uncongested(() => running.awaits(context));
      }
      // request/answered
      if (running.awaits(context)) {
        this.#waiting(-size, -charged);
        size = charged = 0; // The write queue is charged for it.
        this.#results.result(id, context, payload);
      }
      return undefined;
    } catch (error) {
      if (running.awaits(context)) {
        this.#results.failure(id, context, error);
      } else this.#results.report(context, error);
      return { error };
    } finally {
      this.#waiting(-size, -charged);
      memory.work(-expected);
      this.#payloads.release(held);
      this.#results.singles.finished(isTimed);
      this.#ended(context);
    }
  }

  /** Waits for the handler of a notification; others are handled meanwhile (notify/not-blocking). */
  async notification(
    context: RequestContext,
    payload: Uint8Array<ArrayBuffer>,
    done: unknown,
  ): Promise<void> {
    const running = this.#running;
    running.add(context, "notification");
    if (running.limitsTime) this.#limitTime(context);
    const held = this.#payloads.hold(payload);
    try {
      await done;
    } catch (error) {
      if (running.awaits(context)) {
        this.#results.notificationFailure(context, error);
      } else this.#results.report(context, error);
    } finally {
      this.#payloads.release(held);
      this.#ended(context);
    }
  }

  #limitTime(context: RequestContext, id?: number): void {
    this.#running.limitTime(
      context,
      () => this.#results.handlerExpired(context, id),
    );
  }

  /** Records that a result begins to wait, or ends. */
  #waiting(size: number, charged: number): void {
    this.waitingBytes += size;
    this.#link.memory.change(charged);
  }
}
