/**
 * Handlers for incoming requests and notifications, in one table a kind.
 * Internal to the package.
 *
 * @module
 */

import type { Name } from "../../codec/name.ts";
import type { AnyHandler, Middleware } from "../../peer/handler.ts";
import {
  withCodec,
  withInput,
  withMiddleware,
  withSchemas,
  withStreamInput,
  withValues,
} from "../../peer/handler_codecs.ts";
import { OF_BYTES, type StreamForm } from "../../peer/stream_form.ts";
import { checkedFunction, checkedHandler } from "./checked_function.ts";
import { bytes, json, text } from "./payload.ts";

// deno-lint-ignore no-explicit-any -- the types are those of the other class
type Any = any;

/** A table for single requests, stream requests or notifications. */
type Kind = "single" | "stream" | "notification";

/** A set of handlers, by name; `null` is the name of the handler of all others. */
export class Handlers {
  readonly #base: Handlers | undefined;
  readonly #tables = {
    single: new Map<Name | null, AnyHandler<Any>>(),
    stream: new Map<Name | null, AnyHandler<Any>>(),
    notification: new Map<Name | null, AnyHandler<Any>>(),
  };
  readonly #forms = new Map<Name, StreamForm>();
  readonly #middleware: Middleware[] = [];

  constructor(base?: Handlers) {
    this.#base = base;
  }

  handle(name: string, handler: Any, options: Any = {}): this {
    const checked = withSchemas(name, handler, options);
    return this.#set("single", name, handler, withCodec(json, checked));
  }

  handleText(name: string, handler: Any): this {
    return this.#set("single", name, handler, withCodec(text, handler));
  }

  handleBytes(name: string | null, handler: Any): this {
    return this.#set("single", name, handler, withCodec(bytes, handler));
  }

  handleStream(name: string, handler: Any, options: Any = {}): this {
    const hasInput = !!options.input;
    this.#forms.set(name, { ...OF_BYTES, hasInput });
    const ofParts = withStreamInput(name, handler, options);
    return this.#set("stream", name, handler, ofParts);
  }

  handleValues(name: string, handler: Any, options: Any = {}): this {
    const { input, subscription } = options;
    this.#forms.set(name, {
      hasInput: input !== false,
      ofValues: true,
      isSubscription: subscription === true,
    });
    const ofParts = withValues(name, handler, options);
    return this.#set("stream", name, handler, ofParts);
  }

  onNotification(name: string, handler: Any, options: Any = {}): this {
    const checked = withSchemas(name, handler, options);
    return this.#set("notification", name, handler, withInput(json, checked));
  }

  onNotificationText(name: string, handler: Any): this {
    return this.#set("notification", name, handler, withInput(text, handler));
  }

  onNotificationBytes(name: string | null, handler: Any): this {
    return this.#set("notification", name, handler);
  }

  handleOther(handler: Any): this {
    return this.handleBytes(null, handler);
  }

  handleOtherStream(handler: Any): this {
    return this.#set("stream", null, handler);
  }

  onOtherNotification(handler: Any): this {
    return this.onNotificationBytes(null, handler);
  }

  use(middleware: Any): this {
    this.#middleware.push(checkedFunction("use middleware", middleware));
    return this;
  }

  findSingle(name: Name): AnyHandler<Any> | undefined {
    return this.#findAny("single", name);
  }

  findStream(name: Name): AnyHandler<Any> | undefined {
    return this.#findAny("stream", name);
  }

  findNotification(name: Name): AnyHandler<Any> | undefined {
    return this.#findAny("notification", name);
  }

  streamForm(name: Name): StreamForm {
    return this.#forms.get(name) ?? this.#base?.streamForm(name) ?? OF_BYTES;
  }

  #set(
    kind: Kind,
    name: string | null,
    given: Any,
    handler: AnyHandler<Any> = given,
  ): this {
    checkedHandler(name, given);
    this.#tables[kind].set(name, handler);
    return this;
  }

  #findAny(kind: Kind, name: Name): AnyHandler<Any> | undefined {
    return this.#find(kind, name) ?? this.#find(kind, null);
  }

  #find(kind: Kind, name: Name | null): AnyHandler<Any> | undefined {
    const base = this.#base;
    const handler = this.#tables[kind].get(name) ??
      (base && base.#find(kind, name));
    return handler && withMiddleware(handler, this.#middleware);
  }
}
