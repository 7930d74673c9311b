/**
 * The channel of an HTTP call: the messages of a request in, and those of the
 * answer out, without a wire between.
 *
 * @module
 */

import { Decoder, encodeVersion } from "../codec/mod.ts";
import type {
  BufferObserver,
  Channel,
  ChannelInfo,
} from "../transport/channel.ts";
import { type Carrier, CarrierChannel } from "../transport/carrier_channel.ts";
import type { Clock } from "../peer/mod.ts";
import type { WriteUnits } from "../transport/write_units.ts";
import type { BodyTime } from "./_body_time.ts";
import type { CallAnswer } from "./_call_answer.ts";
import type { CallRequest } from "./_call_request.ts";
import { MAX_SIZE } from "./_sized_header.ts";

/** Number of bytes of the version, which come before the messages. */
const VERSION_BYTES = encodeVersion().byteLength;

/** Returns the channel of a call, which stays open until the answer is complete. */
export function callChannel(
  request: CallRequest,
  answer: CallAnswer,
  info: ChannelInfo,
  options: CallChannelOptions,
): Channel {
  const carrier = new CallCarrier(request, answer, options);
  return new CallChannel(carrier, info, options.clock);
}

/** Options of a channel of a call. */
export interface CallChannelOptions {
  readonly clock: Clock;
  /** Bounds the time of reads from the body. */
  readonly time: BodyTime;
  /** Called once the peer has read the whole request. */
  readonly dispatched?: (() => void) | undefined;
}

/** What a caller over HTTP does not take. */
export const REFUSES = {
  what: "calls and notifications",
  reason: new Error("a caller over HTTP takes nothing but its result"),
} as const;

class CallChannel extends CarrierChannel {
  readonly refuses = REFUSES;
}

class CallCarrier implements Carrier {
  readonly #request: CallRequest;
  readonly #answer: CallAnswer;
  readonly #options: CallChannelOptions;
  readonly #decoder = new Decoder({ maxPayloadBytes: MAX_SIZE });
  /** Bytes of the version that have not been written. */
  #version = VERSION_BYTES;
  #isEnded = false;
  /** Ends the pending read. */
  #endRead: () => void = () => {};

  constructor(
    request: CallRequest,
    answer: CallAnswer,
    options: CallChannelOptions,
  ) {
    this.#request = request;
    this.#answer = answer;
    this.#options = options;
    void answer.complete.then(() => this.#endRead());
  }

  get bytesTaken(): number {
    return VERSION_BYTES - this.#version + this.#decoder.offset +
      this.#answer.bytesTaken;
  }

  read(): Promise<Uint8Array | null> {
    if (this.#isEnded || this.#answer.isComplete) return Promise.resolve(null);
    const { dispatched } = this.#options;
    return new Promise((resolve, reject) => {
      // The rest of the request is not wanted once it has been answered.
      this.#endRead = () => resolve(null);
      this.#options.time.within(this.#request.read()).then((chunk) => {
        if (chunk !== null) resolve(chunk);
        // The end of the body is not that of the conversation, which lasts until
        // the client has read the answer.
        else dispatched?.();
      }, reject);
    });
  }

  async write(units: WriteUnits): Promise<void> {
    for (const segment of units.segments()) {
      const skipped = Math.min(this.#version, segment.byteLength);
      this.#version -= skipped;
      this.#decoder.push(segment.subarray(skipped));
      for (let message; (message = this.#decoder.read()) !== undefined;) {
        await this.#answer.receive(message);
      }
    }
  }

  observeBuffers(observer: BufferObserver): void {
    this.#request.observe(observer);
  }

  end(): Promise<void> {
    // The client has nothing more to say to a peer that has ended.
    this.#isEnded = true;
    this.#endRead();
    return Promise.resolve();
  }

  release(failure: { readonly error: unknown } | undefined): void {
    this.#endRead();
    this.#options.time.stop();
    this.#request.cancel(failure?.error);
  }
}
