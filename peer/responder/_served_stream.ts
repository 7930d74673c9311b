/**
 * A stream request of the other side that is being answered.
 *
 * @module
 */

import { Deadline } from "../link/watchdog.ts";
import { PartQueue } from "../link/part_queue.ts";
import { partOf, PARTS_AHEAD } from "../link/_parts.ts";
import type { Wire } from "../link/_wire.ts";
import type { RequestContext } from "../context.ts";
import type { StreamHandler } from "../handlers.ts";

const NOTHING = new Uint8Array(0);

/** A stream request of the other side: its input as it comes, and its handler. */
export class ServedStream {
  /** The request ID. */
  readonly id: number;
  /** What the handler knows of the request. */
  readonly context: RequestContext;
  /** Whether the request has been answered. */
  answered = false;
  /** Whether the other side has ended the input. */
  inputEnded = false;
  readonly #wire: Wire;
  readonly #input: PartQueue;
  readonly #idle: Deadline;

  constructor(
    wire: Wire,
    id: number,
    context: RequestContext,
    expired: () => void,
  ) {
    this.id = id;
    this.context = context;
    this.#wire = wire;
    this.#input = new PartQueue(wire.inbound, () => {});
    this.#idle = new Deadline(wire.clock, () => {
      // Parts that this side keeps from coming, since it reads too slowly, are not missed.
      if (wire.inbound.exceeded) this.#rest();
      else expired();
    });
    this.#rest();
  }

  /** Takes a part of the input; an empty one ends it. */
  part(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength === 0) {
      this.inputEnded = true;
      this.#idle.clear();
      this.#input.end();
    } else {
      this.#rest();
      this.#input.push(payload);
    }
  }

  /** Takes the payload of the request itself: the first part, or nothing yet. */
  first(payload: Uint8Array<ArrayBuffer>): void {
    if (payload.byteLength > 0) this.#input.push(payload);
  }

  /** Breaks the input: the other side ended the connection before it ended the input. */
  cut(reason: unknown): void {
    if (this.inputEnded) return;
    this.inputEnded = true;
    this.#idle.clear();
    this.#input.fail(reason);
  }

  /** Runs the handler and sends its output. Rejects when the handler or its output fails. */
  async run(handler: StreamHandler): Promise<void> {
    const output = await handler(this.#input.readable, this.context);
    if (output) await this.#sendAll(output);
    if (!this.answered) this.#send(NOTHING);
  }

  /** Takes no more input, and lets go of what waits. */
  stop(reason: unknown): void {
    this.answered = true;
    this.#idle.clear();
    this.#input.fail(reason);
    this.context.abort(reason);
  }

  async #sendAll(
    output: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<void> {
    const { maxPartBytes } = this.#wire.limits;
    const ahead = maxPartBytes * PARTS_AHEAD;
    for await (const chunk of output) {
      for (let at = 0; at < chunk.byteLength; at += maxPartBytes) {
        // Also when there is room: between two parts those of other streams have their turn.
        await this.#wire.room(ahead);
        if (this.answered) return;
        this.#send(partOf(chunk, at, maxPartBytes));
      }
      if (this.answered) return;
      if (!this.inputEnded) this.#rest();
    }
  }

  #rest(): void {
    this.#idle.extend(this.#wire.limits.streamIdleTimeout);
  }

  #send(payload: Uint8Array): void {
    this.#wire.send({ kind: "StreamResult", id: this.id, payload });
  }
}
