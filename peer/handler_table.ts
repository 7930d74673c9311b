/**
 * Handlers by name, as they are looked up.
 * Internal to the package.
 *
 * @module
 */

import { isReservedName } from "../codec/extensions/reserved_name.ts";
import type { Name } from "../codec/name.ts";
import type {
  AnyHandler,
  Middleware,
  PayloadHandler,
  StreamHandler,
} from "./handler.ts";
import { withMiddleware } from "./handler_codecs.ts";
import { formOf, formOfOther, type OperationForm } from "./operation_form.ts";
import { keepSchemas, type OperationSchemas } from "./operation_schemas.ts";
import { OF_BYTES, type StreamForm } from "./stream_form.ts";

/** What a handler handles. */
export type HandlerKind = "request" | "stream" | "notification";

/** The handlers of a set, and of the sets that it extends. */
export class HandlerTable {
  readonly #base: HandlerTable | undefined;
  readonly #singles = new Map<Name, PayloadHandler>();
  readonly #streams = new Map<Name, StreamHandler>();
  /** What parts mean, for stream handlers of another form than bytes. */
  readonly #forms = new Map<Name, StreamForm>();
  readonly #notifications = new Map<Name, PayloadHandler>();
  readonly #middleware: Middleware[] = [];
  #changes = 0;
  /** The handlers of single requests without a handler of their own. */
  otherSingle: PayloadHandler | undefined;
  /** The same for stream requests. */
  otherStream: StreamHandler | undefined;
  /** The same for notifications. */
  otherNotification: PayloadHandler | undefined;

  /** Creates an empty table, or one that extends another. */
  constructor(base: HandlerTable | undefined) {
    this.#base = base;
  }

  /** Sets the handler of single requests for an operation. */
  setSingle(
    operation: string,
    handler: PayloadHandler,
    schemas: OperationSchemas = {},
  ): void {
    this.#changes++;
    keepSchemas(handler, schemas);
    this.#singles.set(operation, handler);
  }

  /** Sets the handler of stream requests for an operation, and what the parts mean. */
  setStream(
    operation: string,
    handler: StreamHandler,
    form: StreamForm,
    schemas: OperationSchemas = {},
  ): void {
    this.#changes++;
    keepSchemas(handler, schemas);
    this.#streams.set(operation, handler);
    this.#forms.set(operation, form);
  }

  /** Sets the handler of notifications with a name. */
  setNotification(
    name: string,
    handler: PayloadHandler,
    schemas: OperationSchemas = {},
  ): void {
    this.#changes++;
    keepSchemas(handler, schemas);
    this.#notifications.set(name, handler);
  }

  /** Adds middleware around all handlers. */
  use(middleware: Middleware): void {
    this.#middleware.push(middleware);
  }

  /** Returns the handler of single requests for an operation. */
  findSingle(operation: Name): PayloadHandler | undefined {
    // Most handlers are found here, without a function that looks further.
    const own = this.#singles.get(operation);
    if (own !== undefined) return withMiddleware(own, this.#middleware);
    return this.#find((table) => table.#singles.get(operation)) ??
      this.#findOther(operation, (table) => table.otherSingle);
  }

  /** Returns the handler of stream requests for an operation. */
  findStream(operation: Name): StreamHandler | undefined {
    return (this.#find((table) => table.#streams.get(operation)) ??
      this.#findOther(operation, (table) => table.otherStream)) as
        | StreamHandler
        | undefined;
  }

  /** Returns the handler of notifications with a name. */
  findNotification(name: Name): PayloadHandler | undefined {
    const own = this.#notifications.get(name);
    if (own !== undefined) return withMiddleware(own, this.#middleware);
    return this.#find((table) => table.#notifications.get(name)) ??
      this.#find((table) => table.otherNotification);
  }

  /** Whether the handler of single requests or notifications with a name takes JSON. */
  parses(kind: "SingleRequest" | "Notification", name: Name): boolean {
    const own = (kind === "Notification" ? this.#notifications : this.#singles)
      .get(name);
    // Those of others take bytes.
    return own === undefined
      ? this.#base?.parses(kind, name) === true
      : formOf(own)?.type === "json";
  }

  /** Returns how an operation is called, whatever the kind of its handler. */
  operationForm(operation: Name): OperationForm | undefined {
    const form = this.#firstOf((table) => table.#formOf(operation));
    return form ?? formOfOther(
      this.#firstOf(({ otherSingle }) => otherSingle),
      this.#firstOf(({ otherStream }) => otherStream),
    );
  }

  #formOf(operation: Name): OperationForm | undefined {
    const own = this.#singles.get(operation) ?? this.#streams.get(operation);
    return own && formOf(own);
  }

  /** Returns what the parts mean that the handler of stream requests for an operation receives. */
  streamForm(operation: Name): StreamForm {
    return this.#forms.get(operation) ?? this.#base?.streamForm(operation) ??
      OF_BYTES;
  }

  /** Number of handlers set so far, here and in the tables that it extends. */
  get changes(): number {
    return this.#changes + (this.#base?.changes ?? 0);
  }

  /** Returns the handlers of a kind by name, those of the tables that it extends included. */
  entries(kind: HandlerKind): Map<string, object> {
    const own = kind === "request"
      ? this.#singles
      : kind === "stream"
      ? this.#streams
      : this.#notifications;
    return new Map<string, object>([
      ...this.#base?.entries(kind) ?? [],
      ...own as Map<string, object>,
    ]);
  }

  /** Returns a handler within the middleware of this table and of all that it extends. */
  within<Input>(handler: AnyHandler<Input>): AnyHandler<Input> {
    const base = this.#base;
    return withMiddleware(base?.within(handler) ?? handler, this.#middleware);
  }

  /** Returns the first value found in this table and those it extends. */
  #firstOf<Value>(
    valueOf: (table: HandlerTable) => Value | undefined,
  ): Value | undefined {
    const base = this.#base;
    return valueOf(this) ?? (base && base.#firstOf(valueOf));
  }

  /** Returns a handler of others; operations with reserved names have none (extension/reserved). */
  #findOther<Input>(
    operation: Name,
    handlerOf: (table: HandlerTable) => AnyHandler<Input> | undefined,
  ): AnyHandler<Input> | undefined {
    return isReservedName(operation) ? undefined : this.#find(handlerOf);
  }

  /** Returns the first handler found in this table and those it extends, within the middleware of all of them. */
  #find<Input>(
    handlerOf: (table: HandlerTable) => AnyHandler<Input> | undefined,
  ): AnyHandler<Input> | undefined {
    const base = this.#base;
    const handler = handlerOf(this) ?? (base && base.#find(handlerOf));
    return handler && withMiddleware(handler, this.#middleware);
  }
}
