/**
 * What both peers of a page have in common: everything but the connection.
 *
 * @module
 */

import { bytes, json, type PayloadCodec, text } from "../codec/payload.ts";
import type { RequestOptions, ValuesOptions } from "../peer/call_options.ts";
import type { SentValues } from "../peer/contract.ts";
import { endSignal } from "../peer/abort.ts";
import type { HookName } from "../peer/events.ts";
import { newPeerId } from "../peer/peer_id.ts";
import type { CloseInfo } from "../peer/peer_state.ts";
import { validate } from "../peer/standard_schema.ts";
import type { FormedStreamOptions } from "../peer/stream_form.ts";
import type { StreamPair } from "../peer/stream_pair.ts";
import { callForValues, type Values } from "../peer/values.ts";
import { attempt } from "../quoting/attempt.ts";
import type { ByteSource } from "../quoting/byte_source.ts";

/** The methods of a `Remote` that need no connection of their own. */
export abstract class PageRemote {
  readonly id: number = newPeerId();
  readonly auth = undefined;
  readonly #failedHooks = new Set<HookName>();
  #signal: AbortSignal | undefined;

  /** Resolves at the end. */
  abstract readonly closed: Promise<CloseInfo>;
  /** How the peer has ended; `undefined` before. */
  abstract closeInfo: CloseInfo | undefined;

  get signal(): AbortSignal {
    return this.#signal ??= endSignal(this);
  }

  async request(
    operation: string,
    input?: unknown,
    options: RequestOptions = {},
  ): Promise<unknown> {
    const { output } = options;
    const value = await this.#request(operation, input, json, options);
    return output === undefined
      ? value
      : await validate(output, value, "output", operation, "remote");
  }

  requestText(
    operation: string,
    input: string,
    options: RequestOptions = {},
  ): Promise<string> {
    return this.#request(operation, input, text, options);
  }

  requestBytes(
    operation: string,
    input: ByteSource,
    options: RequestOptions = {},
  ): Promise<Uint8Array> {
    return this.#request(operation, input, bytes, options);
  }

  values(
    operation: string,
    input?: unknown,
    options: ValuesOptions & SentValues<unknown> = {},
  ): Values<unknown> {
    return callForValues(
      operation,
      json.encode(input, { operation }),
      options,
      undefined,
      (formed) => this.stream(operation, formed),
      (error) => this.callHook("values", () => Promise.reject(error)),
    );
  }

  notify(name: string, value?: unknown): Promise<void> {
    return this.#notify(name, value, json);
  }

  notifyText(name: string, value: string): Promise<void> {
    return this.#notify(name, value, text);
  }

  notifyBytes(name: string, payload: ByteSource): Promise<void> {
    return this.#notify(name, payload, bytes);
  }

  /** Opens a stream request. */
  abstract stream(
    operation: string,
    options?: FormedStreamOptions,
  ): StreamPair;

  /** Closes the peer. */
  abstract close(): Promise<void>;

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Calls a function of the application, and prints what it fails with unless it has failed before: no connection suffers from it. */
  protected callHook(name: HookName, hook: () => unknown): void {
    attempt(hook).catch((error) => {
      const failed = this.#failedHooks;
      if (!failed.has(name)) console.error(`The hook ${name} failed:`, error);
      failed.add(name);
    });
  }

  /** Makes a single request. */
  protected abstract requestPayload(
    operation: string,
    payload: Uint8Array,
    options: RequestOptions,
  ): Promise<Uint8Array>;

  /** Sends a notification. */
  protected abstract notifyPayload(
    name: string,
    payload: Uint8Array,
  ): Promise<void>;

  async #request<T, Given>(
    operation: string,
    input: Given,
    codec: PayloadCodec<T, Given>,
    options: RequestOptions,
  ): Promise<T> {
    const payload = codec.encode(input, { operation });
    const result = await this.requestPayload(operation, payload, options);
    return codec.decode(result, { operation });
  }

  #notify<T, Given>(
    operation: string,
    value: Given,
    codec: PayloadCodec<T, Given>,
  ): Promise<void> {
    let payload;
    try {
      payload = codec.encode(value, { operation });
    } catch (error) {
      return Promise.reject(error);
    }
    const sent = this.notifyPayload(operation, payload);
    // A page that does not wait need not handle that the server is away.
    sent.catch(() => {});
    return sent;
  }
}
