/**
 * The connection of subcommands that connect.
 *
 * @module
 */

import { connect, type ConnectOptions, type Peer } from "@gotalk/gotalk";
import { type Given, UsageError } from "./command.ts";
import { connectWithin } from "./connect_within.ts";
import { splitPair } from "./connection_options.ts";
import { readText } from "./input.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Connects to a URL, and logs in if the user wants that.
 *
 * @throws {UsageError} If an argument is wrong.
 * @throws {ConnectionFailure} If connecting fails.
 */
export async function openPeer(
  url: string,
  given: Given,
  terminal: Terminal,
  options: Pick<ConnectOptions, "handlers" | "limits" | "onEvent"> = {},
): Promise<Peer> {
  if (URL.parse(url)?.port === "0") {
    throw new UsageError(`cannot connect to ${url}: its port is 0`);
  }
  const tls = await tlsOptions(given);
  const headers = headersOf(given);
  return await connectWithin(url, given, terminal, (signal) =>
    connect(url, {
      onEvent() {/* The outcome of each call says enough. */},
      // The WebSocket of Node sends none, and takes no headers.
      ..."Deno" in globalThis && { origin: "same" },
      ...headers,
      ...tls,
      ...options,
      // The deadline is for both.
      connectTimeout: Infinity,
      limits: { ...options.limits, handshakeTimeout: Infinity },
      signal,
    }));
}

/** Returns the headers to send, if there are any: the WebSocket of Node takes none. */
function headersOf(
  { lists: { header = [] } }: Given,
): Pick<ConnectOptions, "headers"> {
  if (header.length === 0) return {};
  const headers = new Headers();
  for (const given of header) {
    const [name, value] = splitPair("header", given, ":");
    try {
      headers.append(name.trim(), value.trim());
    } catch {
      throw new UsageError(`--header is ${given}, wanted NAME:VALUE`);
    }
  }
  return { headers };
}

async function tlsOptions(
  { values: { cert, key }, lists: { ca = [] } }: Given,
): Promise<Pick<ConnectOptions, "caCerts" | "cert" | "key">> {
  return {
    ...ca.length > 0 && { caCerts: await Promise.all(ca.map(readText)) },
    ...cert !== undefined && { cert: await readText(cert) },
    ...key !== undefined && { key: await readText(key) },
  };
}
