/**
 * The connection of subcommands that start fast.
 * Internal to the package.
 *
 * @module
 */

import { onAbort } from "../../peer/abort.ts";
import { unreserved } from "../../peer/reserved_names.ts";
import { bytesOf } from "../../quoting/byte_source.ts";
import { describeFailure } from "../../quoting/quote.ts";
import type { Given } from "../command.ts";
import { connectWithin, type SimplePeer } from "../connect_within.ts";
import { ConnectionFailure } from "../failure.ts";
import type { Terminal } from "../terminal.ts";
import { quickClock } from "./_clock.ts";
import { Caller } from "./_caller.ts";
import { TCP } from "./is_quick.ts";

/** Connects by TCP, and logs in if the user wants that. */
export async function openQuickly(
  url: string,
  given: Given,
  terminal: Terminal,
): Promise<SimplePeer> {
  return await connectWithin(
    url,
    given,
    terminal,
    (signal, failure) => connect(url, signal, failure),
  );
}

/**
 * Connects, and returns a peer that need not have opened: what it sends first
 * leaves with the version, and fails if the remote peer has another one.
 */
async function connect(
  url: string,
  signal: AbortSignal,
  failure: (error: unknown) => unknown,
): Promise<Omit<SimplePeer, keyof AsyncDisposable>> {
  signal.throwIfAborted();
  const caller = new Caller(await dial(url, signal), quickClock);
  const { conversation } = caller;
  const opened = conversation.open();
  const remove = onAbort(signal, (reason) => conversation.abort(reason));
  const settled = opened.then(remove, (error) => {
    remove();
    throw failure(signal.aborted ? signal.reason : error);
  });
  settled.catch(() => {/* What is sent fails with it. */});
  return peerOf(caller, settled);
}

function peerOf(
  caller: Caller,
  opened: Promise<void>,
): Omit<SimplePeer, keyof AsyncDisposable> {
  const { conversation } = caller;
  /** Waits for what was sent, unless the conversation does not open. */
  const whenOpen = async <Result>(sent: Promise<Result>): Promise<Result> => {
    sent.catch(() => {/* It may fail before the opening does. */});
    await opened;
    return await sent;
  };
  return {
    requestBytes: (operation, input, options = {}) =>
      whenOpen(
        caller.request(
          operation,
          bytesOf(input, "send the input", operation),
          options,
        ),
      ),
    notifyBytes: async (name, payload) => {
      const bytes = bytesOf(payload, "send the payload", name);
      await whenOpen(caller.notify(unreserved(name, "send"), bytes));
    },
    close: () => caller.close(),
    abort: (reason) => conversation.abort(reason),
    closed: conversation.closed,
  };
}

async function dial(url: string, signal: AbortSignal): Promise<Deno.TcpConn> {
  const [, hostname, port] = TCP.exec(url)!;
  try {
    const conn = await Deno.connect({
      hostname: hostname!,
      port: Number(port),
      signal,
    });
    conn.setNoDelay();
    return conn;
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new ConnectionFailure(
      `Cannot connect to ${url}: ${describeFailure(error)}`,
      { cause: error },
    );
  }
}
