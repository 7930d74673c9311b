/**
 * The login gate: stands in front of the handlers until the remote peer has logged in.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";
import type { PayloadHandler } from "../handler.ts";
import { Handlers } from "../handlers.ts";
import type { Link } from "../link/link.ts";
import type { MemoryLimit } from "../link/memory_account.ts";
import { isIdentity, isResponse, type Login } from "../login.ts";
import { OperationError } from "../operation_error.ts";
import type { Failure, RequestListener } from "./request_listener.ts";
import type { Responder } from "./responder.ts";

/** Passes the login request to its handler and refuses everything else (request/login). */
export class LoginGate implements RequestListener {
  readonly #link: Link;
  readonly #responder: Responder;
  readonly #operation: string;
  readonly #handler: PayloadHandler;
  readonly #decided: (auth: unknown, failure: Failure | undefined) => void;
  #auth: unknown;

  /** Creates the gate of a responder. `decided` is called once, after the login has been answered. */
  constructor(
    link: Link,
    responder: Responder,
    login: Login,
    decided: (auth: unknown, failure: Failure | undefined) => void,
  ) {
    this.#link = link;
    this.#responder = responder;
    this.#decided = decided;
    const { operation, input } = login;
    this.#operation = operation;
    const handlers = new Handlers().handle(
      operation,
      async (value, context) => {
        const auth = await login.authenticate(value, context);
        if (isResponse(auth)) {
          throw new TypeError(
            "Cannot log in: authenticate returned a Response, wanted an identity",
          );
        }
        if (!isIdentity(auth)) throw new OperationError("not authenticated");
        // The identity is not sent: the result is empty.
        this.#auth = auth;
      },
      input && { input },
    );
    this.#handler = handlers.findSingle(operation)!;
  }

  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    if (operation === this.#operation) void this.#decide(id, payload);
    else this.#forbid(id, operation, false);
  }

  stream(id: number, operation: Name): void {
    this.#forbid(id, operation, true);
  }

  oversizedRequest(id: number, operation: Name, isStream: boolean): void {
    if (operation !== this.#operation || isStream) {
      return this.#forbid(id, operation, isStream);
    }
    this.#responder.oversizedRequest(
      id,
      operation,
      false,
      "maxLoginPayloadBytes",
    );
    this.#link.countUnproductive();
  }

  /** Counts it: before a login, much of it is no ordinary traffic (limits/idle-messages). */
  extension(): void {
    this.#link.countUnproductive();
  }

  notification(): void {
    this.#link.drop("Notification", "not-authenticated");
    this.#link.countUnproductive();
  }

  oversizedNotification(): void {
    this.notification();
  }

  /** Nothing: no handler is asked, and the login is small. */
  parses(): boolean {
    return false;
  }

  // `parses` prevents these two.
  // deno-coverage-ignore-start
  jsonOversizedRequest(): void {}
  jsonOversizedNotification(): void {}
  // deno-coverage-ignore-stop

  refusedRequest(
    id: number,
    operation: Name,
    isStream: boolean,
    limit: MemoryLimit,
  ): void {
    if (operation !== this.#operation || isStream) {
      return this.#forbid(id, operation, isStream);
    }
    this.#responder.refusedRequest(id, operation, false, limit);
    this.#link.countUnproductive();
  }

  refusedNotification(): void {
    this.notification();
  }

  part(id: number, payload: Uint8Array<ArrayBuffer>): void {
    this.#responder.part(id, payload);
  }

  oversizedPart(id: number): void {
    this.#responder.oversizedPart(id);
  }

  /** Reads nothing from the connection until the login is answered: what follows it waits (request/login-order). */
  async #decide(id: number, payload: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#link.receiveBudget.hold();
    const failure = await this.#responder.run(
      id,
      this.#operation,
      payload,
      this.#handler,
    );
    this.#decided(this.#auth, failure);
  }

  #forbid(id: number, operation: Name, isStream: boolean): void {
    this.#responder.forbid(id, operation, isStream);
    this.#link.countUnproductive();
  }
}
