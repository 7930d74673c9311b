/**
 * Connecting within the time that the user has set, and logging in.
 *
 * @module
 */

import type { CallOptions, CloseInfo, Remote } from "@gotalk/gotalk";
import { onAbort } from "../peer/abort.ts";
import { type Given, UsageError } from "./command.ts";
import { splitPair, timeoutOf } from "./connection_options.ts";
import { ConnectionFailure } from "./failure.ts";
import { readInput } from "./input.ts";
import { CLOSING, sendWithin } from "./send_within.ts";
import type { Terminal } from "./terminal.ts";

/** What simple subcommands use of a peer. */
export interface SimplePeer
  extends Pick<Remote, "abort" | "close" | "notifyBytes">, AsyncDisposable {
  /** Resolves at the end, with the error that has caused it if there is one. */
  readonly closed: Promise<Pick<CloseInfo, "error">>;
  /** Sends a request. */
  requestBytes(
    operation: string,
    input: Uint8Array,
    options?: CallOptions,
  ): Promise<Uint8Array>;
}

/** Connects to a URL, and logs in if the user wants that. */
export type Open = (
  url: string,
  given: Given,
  terminal: Terminal,
) => Promise<SimplePeer>;

/**
 * Connects by a function, and logs in if the user wants that. An interrupt aborts
 * the connection, and disposing of the peer takes no longer than it has to.
 *
 * @param connect Connects, until its signal aborts.
 * @throws {UsageError} If an argument is wrong.
 * @throws {ConnectionFailure} If connecting fails.
 */
export async function connectWithin<
  Opened extends Pick<SimplePeer, "abort" | "close" | "requestBytes">,
>(
  url: string,
  given: Given,
  terminal: Terminal,
  connect: (signal: AbortSignal) => Promise<Opened>,
): Promise<Opened & AsyncDisposable> {
  const timeout = timeoutOf(given);
  const login = await loginOf(given, terminal);
  // Its timer costs less than the first one of `setTimeout`; see quick/.
  const late = AbortSignal.timeout(timeout);
  const controller = new AbortController();
  // AbortSignal.any takes longer to start.
  for (const signal of [terminal.signal, late]) {
    onAbort(signal, (reason) => controller.abort(reason));
  }
  let peer: Opened;
  try {
    peer = await connect(controller.signal);
  } catch (error) {
    if (terminal.signal.aborted) throw terminal.signal.reason;
    throw late.aborted ? lateError(url, timeout) : connectFailure(error);
  }
  const { signal } = terminal;
  // Calls that have the signal fail with its reason first.
  const abort = () => queueMicrotask(() => peer.abort(signal.reason));
  signal.addEventListener("abort", abort, { once: true });
  const ending = () =>
    sendWithin(peer, CLOSING, () => peer.close()).catch(() => {/* Aborted. */});
  const opened = Object.assign(peer, { [Symbol.asyncDispose]: ending });
  if (login === undefined) return opened;
  try {
    await peer.requestBytes(login.operation, login.input, {
      timeout,
      signal: terminal.signal,
    });
    return opened;
  } catch (error) {
    await ending();
    throw error;
  }
}

function lateError(url: string, timeout: number): DOMException {
  return new DOMException(
    `Cannot connect to ${url}: not connected within ${timeout} ms`,
    "TimeoutError",
  );
}

function connectFailure(error: unknown): Error {
  const { message } = error as Error;
  return error instanceof TypeError || error instanceof RangeError
    ? new UsageError(message)
    : new ConnectionFailure(`${message}${hint(message)}`, { cause: error });
}

/** Returns what the runtime does not say of a failure of TLS. */
function hint(message: string): string {
  if (message.includes("InvalidContentType")) {
    return "; the answer is not TLS";
  }
  return message.includes("UnknownIssuer") ? "; see --ca and --insecure" : "";
}

async function loginOf(
  { values: { login } }: Given,
  { signal }: Terminal,
): Promise<{ operation: string; input: Uint8Array } | undefined> {
  if (login === undefined) return undefined;
  const [operation, input] = splitPair("login", login, "=");
  return { operation, input: await readInput(input, "json", signal) };
}
