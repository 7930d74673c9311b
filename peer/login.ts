/**
 * What the other side has to ask for before anything else.
 *
 * @module
 */

import type { RequestContext } from "./context.ts";
import type { Schema } from "./standard_schema.ts";

/**
 * An operation that the other side has to ask for first, to say who it is.
 *
 * Until it was answered, nothing else is acted on: a request that comes before is answered with the error
 * `not authenticated`, a notification dropped, and what comes behind it waits, unread, to be acted on as
 * soon as it has succeeded. There is one attempt: when it fails, the other side gets the error, and the
 * connection ends. See `loginTimeout` and `maxLoginPayloadBytes` for how long and how large it may be. `onMessage`
 * hears it like every message, so mind what is done with that.
 *
 * @example
 * ```ts
 * import { connect, Handlers, type Login, OperationError, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const users = new Map([["opensesame", "ali"]]);
 * const login: Login = {
 *   operation: "login",
 *   authenticate: ({ token }: { token: string }) => {
 *     const name = users.get(token);
 *     if (name === undefined) throw new OperationError("no such token");
 *     return { name };
 *   },
 * };
 * const handlers = new Handlers().handle("whoami", (_: unknown, { auth }) => auth);
 *
 * await using server = await serve({ login }, handlers);
 * await using peer = await connect(server.address);
 * await peer.request("login", { token: "opensesame" });
 * assertEquals(await peer.request("whoami"), { name: "ali" });
 * ```
 */
export interface Login {
  /** The operation: a single request, with JSON in it. */
  readonly operation: string;
  /**
   * Decides who the other side is, by the input and by `context.peer.info`. What it returns becomes the
   * `auth` of the peer and of every context; the other side gets an empty answer, and nothing of it.
   *
   * It refuses by throwing, as any handler fails: an `OperationError` tells the other side why, another
   * error tells it `internal error`. To return `undefined`, `null` or `false`, as a look-up does that finds
   * nobody, refuses with `not authenticated`. Until it has decided nothing is read, so it must not ask the
   * other side anything. `context.auth` is what was known before: what `authenticate` of the server said.
   */
  // A method, so that an input of a narrower type can be asked for, as `Handlers.handle` lets one do.
  authenticate(input: unknown, context: RequestContext): unknown;
  /** Checks the input before it is looked at; one that fails is refused, and the other side told why. */
  readonly input?: Schema | undefined;
}
