/**
 * Handlers, as a peer looks them up.
 *
 * @module
 */

import type { Name } from "../codec/name.ts";
import type { PayloadHandler, StreamHandler } from "./handler.ts";
import { HandlerTable } from "./handler_table.ts";
import type { OperationForm } from "./operation_form.ts";
import type { StreamForm } from "./stream_form.ts";

/**
 * Returns the table of a set of handlers; `undefined` for one of another copy of
 * the package. Internal to the package.
 */
export let tableOf: (handlers: object) => HandlerTable | undefined;

/** What is looked up in a set of handlers: handlers and how they are called, by name. */
export class HandlerLookup {
  readonly #table: HandlerTable;

  static {
    tableOf = (handlers) => #table in handlers ? handlers.#table : undefined;
  }

  /** Creates an empty set, or one that extends `base`. */
  constructor(base?: HandlerLookup) {
    this.#table = new HandlerTable(base && base.#table);
  }

  /** Returns the handler of single requests for an operation; `undefined` if there is none. */
  findSingle(operation: Name): PayloadHandler | undefined {
    return this.#table.findSingle(operation);
  }

  /** Returns whether the handler of single requests or notifications with a name takes JSON. */
  parses(kind: "SingleRequest" | "Notification", name: Name): boolean {
    return this.#table.parses(kind, name);
  }

  /** Returns the handler of stream requests for an operation; `undefined` if there is none. */
  findStream(operation: Name): StreamHandler | undefined {
    return this.#table.findStream(operation);
  }

  /** Returns how an operation is called, whatever the kind of its handler; `undefined` if there is none. */
  operationForm(operation: Name): OperationForm | undefined {
    return this.#table.operationForm(operation);
  }

  /** Returns what the parts mean that the handler of stream requests for an operation receives. */
  streamForm(operation: Name): StreamForm {
    return this.#table.streamForm(operation);
  }

  /** Returns the handler of notifications with a name; `undefined` if there is none. */
  findNotification(name: Name): PayloadHandler | undefined {
    return this.#table.findNotification(name);
  }
}
