/**
 * The connection of subcommands that start fast.
 * Internal to the package.
 *
 * @module
 */

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
    (signal) => connect(url, signal),
  );
}

async function connect(url: string, signal: AbortSignal) {
  signal.throwIfAborted();
  const [, hostname, port] = TCP.exec(url)!;
  const caller = new Caller(
    await dial(url, hostname!, port!, signal),
    quickClock,
  );
  const { conversation } = caller;
  const abort = () => conversation.abort(signal.reason);
  signal.addEventListener("abort", abort);
  if (signal.aborted) abort();
  try {
    await conversation.open();
    return peerOf(caller);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

function peerOf(caller: Caller): Omit<SimplePeer, keyof AsyncDisposable> {
  const { conversation } = caller;
  return {
    requestBytes: (operation, input, options = {}) =>
      caller.request(
        operation,
        bytesOf(input, "send the input", operation),
        options,
      ),
    notifyBytes: async (name, payload) =>
      await caller.notify(
        unreserved(name, "send"),
        bytesOf(payload, "send the payload", name),
      ),
    close: () => caller.close(),
    abort: (reason) => conversation.abort(reason),
    closed: conversation.closed,
  };
}

async function dial(
  url: string,
  hostname: string,
  port: string,
  signal: AbortSignal,
): Promise<Deno.TcpConn> {
  try {
    const conn = await Deno.connect({ hostname, port: Number(port), signal });
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
