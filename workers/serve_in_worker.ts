/**
 * The server of a worker.
 *
 * @module
 */

import {
  type AnyContract,
  type Contract,
  DEFAULT_LIMITS,
  type Handlers,
} from "../peer/mod.ts";
import { checkFunctions } from "../peer/checked_function.ts";
import { serve, type ServeOptions, type Server } from "../serve.ts";
import {
  type Envelope,
  type Listen,
  NAME_PREFIX,
  type News,
  opened,
  type Order,
} from "./_messages.ts";

/** Options of {@linkcode serveInWorker}. */
export interface ServeInWorkerOptions<
  Called extends Contract = AnyContract,
  Auth = unknown,
> extends Omit<ServeOptions<Called, Auth>, "listener" | "reusePort"> {
  /**
   * Called once the server has finished, before the worker ends: closes what the
   * module holds, such as rooms. The worker ends when what it returns has settled.
   */
  readonly onFinished?: (() => unknown) | undefined;
}

/** What of the global scope of a worker is used. */
interface Scope {
  readonly name?: unknown;
  addEventListener(
    type: "message",
    listener: (event: MessageEvent) => void,
  ): void;
  postMessage(message: Envelope<News>): void;
}

const scope = globalThis as unknown as Scope;

/** Whether this worker serves already: it has one place among those that share the port. */
let isServing = false;

/**
 * Serves in a worker that `serveWorkers` has started: on the port that all its
 * workers share.
 *
 * Elsewhere it does what `serve` does, so that the module of a worker is a
 * program as well. Each worker has its own connections, and its own limits of
 * them and of memory. A module calls it once.
 *
 * @throws {Error} If the server cannot listen on the address.
 * @throws {RangeError} If a number is out of its range.
 * @throws {TypeError} If an option is unknown or of the wrong kind, the address
 * is one that workers cannot share (a Unix socket), or the worker serves already.
 *
 * @example The module of a worker
 * ```ts
 * import { Handlers } from "@gotalk/gotalk";
 * import { serveInWorker } from "@gotalk/gotalk/workers";
 *
 * const handlers = new Handlers().handle("greet", (name: string) => `Hello ${name}`);
 * await using server = await serveInWorker({ port: 0 }, handlers);
 * ```
 */
export async function serveInWorker<
  Called extends Contract = AnyContract,
  Auth = unknown,
>(
  options: ServeInWorkerOptions<Called, Auth>,
  handlers?: Handlers<AnyContract, Called, Auth>,
): Promise<Server<Called, Auth>> {
  const { onFinished, ...served } = options;
  checkFunctions(options, ["onFinished"]);
  if (!String(scope.name).startsWith(NAME_PREFIX)) {
    const server = await serve(served, handlers);
    void server.finished.then(() => onFinished?.()).catch((error) =>
      console.error("The hook onFinished failed:", error)
    );
    return server;
  }
  if (isServing) {
    throw new TypeError(
      "Cannot serve in a worker: it serves already, wanted one call in each",
    );
  }
  isServing = true;
  const where = await whereToListen();
  try {
    if (where.isShared && isUnix(served)) {
      throw new TypeError(
        "Cannot serve in several workers: got a Unix socket, wanted a port",
      );
    }
    const server = await serve({
      ...served,
      ...where.port !== undefined && { port: where.port },
      ...where.isShared && { reusePort: true },
    }, handlers);
    const { closeTimeout = DEFAULT_LIMITS.closeTimeout } = served.limits ?? {};
    void follow(server as Server, closeTimeout, onFinished);
    return server;
  } catch (error) {
    post({
      kind: "refused",
      reason: String((error as Error)?.message ?? error),
    });
    throw error;
  }
}

/** Whether the options are those of a Unix socket, which only one worker can have. */
function isUnix(
  { transport, path }: Pick<ServeOptions, "path" | "transport">,
): boolean {
  return transport === "unix" ||
    (transport === undefined && path !== undefined);
}

/** Resolves with the order to listen. */
function whereToListen(): Promise<Listen> {
  return new Promise((resolve) => {
    scope.addEventListener("message", (event) => {
      const order = opened<Order>(event);
      if (order?.kind === "listen") resolve(order);
    });
    post({ kind: "ready" });
  });
}

/** Does what the thread orders that started the worker, until the server has finished. */
async function follow(
  server: Server,
  closeTimeout: number,
  onFinished: (() => unknown) | undefined,
): Promise<void> {
  scope.addEventListener("message", (event) => {
    const order = opened<Order>(event);
    if (order?.kind === "report") post({ kind: "report", stats: server.stats });
    if (order?.kind === "drain") void server.drain(order.options);
    if (order?.kind === "close") void server.close();
  });
  const { address, stats } = server;
  post({ kind: "listening", address, closeTimeout, stats });
  await server.finished;
  await onFinished?.();
  post({ kind: "ended", stats: server.stats });
}

function post(news: News): void {
  scope.postMessage({ gotalk: news });
}
