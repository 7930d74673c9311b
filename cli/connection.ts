/**
 * The options of subcommands that connect, and the connection.
 *
 * @module
 */

import { connect, type ConnectOptions, type Peer } from "@gotalk/gotalk";
import { durationOption } from "./arguments.ts";
import { type Given, type Option, UsageError } from "./command.ts";
import { ConnectionFailure } from "./failure.ts";
import { readInput, readText } from "./input.ts";
import type { Terminal } from "./terminal.ts";

/** How long a connection and each answer may take unless the user decides, in milliseconds. */
const TIMEOUT = 30_000;

/** The options of every subcommand that connects. */
export const CONNECTION_OPTIONS: readonly Option[] = [
  {
    name: "timeout",
    value: "DURATION",
    about:
      "how long connecting may take, and each answer: 500ms, 2s, 1m; 30s by default",
  },
  {
    name: "login",
    value: "NAME=INPUT",
    about: "first send this request, with JSON, @FILE or - for standard input",
  },
  {
    name: "header",
    value: "NAME:VALUE",
    repeats: true,
    about: "a header of the WebSocket request; Origin is that of the server",
  },
  {
    name: "ca",
    value: "FILE",
    repeats: true,
    about: "certificates in PEM to trust as well",
  },
  { name: "cert", value: "FILE", about: "certificate of this client, in PEM" },
  { name: "key", value: "FILE", about: "key of this certificate, in PEM" },
  {
    name: "insecure",
    about: "check no certificate; needs deno to start again",
  },
];

/** The option of subcommands whose output programs can read. */
export const JSON_OPTION: Option = {
  name: "json",
  about: "print JSON for programs, one value a line, errors included",
};

/** Returns how long connecting and each answer may take, in milliseconds. */
export function timeoutOf(given: Given): number {
  return durationOption(given, "timeout", TIMEOUT);
}

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
  const timeout = timeoutOf(given);
  const login = await loginOf(given);
  const tls = await tlsOptions(given);
  const headers = headersOf(given);
  using deadline = new Deadline(url, timeout);
  let peer: Peer;
  try {
    peer = await connect(url, {
      onEvent() {/* The outcome of each call says enough. */},
      // The WebSocket of Node sends none, and takes no headers.
      ..."Deno" in globalThis && { origin: "same" },
      ...headers,
      ...tls,
      ...options,
      // The deadline is for both.
      connectTimeout: Infinity,
      limits: { ...options.limits, handshakeTimeout: Infinity },
      signal: AbortSignal.any([terminal.signal, deadline.signal]),
    });
  } catch (error) {
    throw connectFailure(error, [terminal.signal, deadline.signal]);
  }
  if (login === undefined) return peer;
  try {
    await peer.requestBytes(login.operation, login.input, {
      timeout,
      signal: terminal.signal,
    });
    return peer;
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** Aborts a signal when time has run out. */
class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: ReturnType<typeof setTimeout>;

  constructor(url: string, timeout: number) {
    this.#timer = setTimeout(() => {
      this.#controller.abort(
        new DOMException(
          `Cannot connect to ${url}: not connected within ${timeout} ms`,
          "TimeoutError",
        ),
      );
    }, timeout);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

function connectFailure(
  error: unknown,
  signals: readonly AbortSignal[],
): unknown {
  const aborted = signals.find(({ aborted }) => aborted);
  if (aborted !== undefined) return aborted.reason;
  const { message } = error as Error;
  return error instanceof TypeError || error instanceof RangeError
    ? new UsageError(message)
    : new ConnectionFailure(message, { cause: error });
}

async function loginOf(
  { values: { login } }: Given,
): Promise<{ operation: string; input: Uint8Array } | undefined> {
  if (login === undefined) return undefined;
  const [operation, input] = splitPair("login", login, "=");
  return { operation, input: await readInput(input, "json") };
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

/**
 * Splits the value of an option at the first separator.
 *
 * @throws {UsageError} If there is none, or nothing in front of it.
 */
export function splitPair(
  option: string,
  given: string,
  separator: string,
): [name: string, value: string] {
  const at = given.indexOf(separator);
  if (at > 0) return [given.slice(0, at), given.slice(at + 1)];
  throw new UsageError(
    `--${option} is ${given}, wanted a name and a value with ${separator} between them`,
  );
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
