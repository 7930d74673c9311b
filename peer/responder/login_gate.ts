/**
 * What stands before the handlers until the other side has logged in.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";
import type { Asked } from "./request_listener.ts";
import type { Serving } from "./responder.ts";
import type { Wire } from "../link/_wire.ts";
import { Handlers, type PayloadHandler } from "../handlers.ts";
import type { Login } from "../login.ts";
import { OperationError } from "../operation_error.ts";
import { tracedHandlers, type Tracer } from "../tracer.ts";

/** Who hears what became of a login. */
export interface GateOwner {
  /** It succeeded, and has been answered. */
  loggedIn(auth: unknown): void;
  /** It failed, and has been answered. */
  loginRefused(error: unknown): void;
}

/** Lets one request pass, and nothing else. */
export class Gate implements Asked {
  readonly #wire: Wire;
  readonly #serving: Serving;
  readonly #owner: GateOwner;
  readonly #operation: string;
  readonly #handler: PayloadHandler;
  #auth: unknown;

  constructor(
    wire: Wire,
    serving: Serving,
    owner: GateOwner,
    login: Login,
    tracer: Tracer | undefined,
  ) {
    this.#wire = wire;
    this.#serving = serving;
    this.#owner = owner;
    const { operation, input } = login;
    this.#operation = operation;
    const handlers = new Handlers().handle(
      operation,
      async (value, context) => {
        const auth = await login.authenticate(value, context);
        if (auth === undefined || auth === null || auth === false) {
          throw new OperationError("not authenticated");
        }
        // What it knows of the other side is none of the other side's business: the answer is empty.
        this.#auth = auth;
      },
      input && { input },
    );
    this.#handler = tracedHandlers({ handlers, tracer }).findSingle(operation)!;
  }

  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void {
    if (operation === this.#operation) void this.#decide(id, payload);
    else this.#forbid(id, operation, false);
  }

  stream(id: number, operation: Name): void {
    this.#forbid(id, operation, true);
  }

  tooLarge(id: number, operation: Name, isStream: boolean): void {
    if (operation !== this.#operation || isStream) {
      return this.#forbid(id, operation, isStream);
    }
    this.#serving.tooLarge(id, operation, false, "maxLoginPayloadBytes");
    this.#wire.countIdle();
  }

  notification(): void {
    this.#wire.drop("Notification", "not-authenticated");
    this.#wire.countIdle();
  }

  notificationTooLarge(): void {
    this.notification();
  }

  part(id: number, payload: Uint8Array<ArrayBuffer>): void {
    this.#serving.part(id, payload);
  }

  partTooLarge(id: number): void {
    this.#serving.partTooLarge(id);
  }

  /** Takes nothing from the connection until the login is answered: what comes behind it waits there. */
  async #decide(id: number, payload: Uint8Array<ArrayBuffer>): Promise<void> {
    this.#wire.inbound.hold();
    const failure = await this.#serving.run(
      id,
      this.#operation,
      payload,
      this.#handler,
    );
    if (failure === undefined) this.#owner.loggedIn(this.#auth);
    else this.#owner.loginRefused(failure.error);
  }

  #forbid(id: number, operation: Name, isStream: boolean): void {
    this.#serving.forbid(id, operation, isStream);
    this.#wire.countIdle();
  }
}
