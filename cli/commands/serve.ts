/**
 * The subcommand `serve`.
 *
 * @module
 */

import type { RequestContext, ServeOptions } from "@gotalk/gotalk";
import { durationOption, integerOption } from "../arguments.ts";
import { type Command, type Given, UsageError } from "../command.ts";
import { splitPair } from "../connection_options.ts";
import { ConnectionFailure } from "../failure.ts";
import { readInput, readText, unreadable } from "../input.ts";
import { milliseconds } from "../duration.ts";
import { line, shown } from "../output.ts";
import { type Terminal, untilInterrupted } from "../terminal.ts";
import { Programs } from "./_programs.ts";

/** How many programs run at the same time, by default. */
const JOBS = 16;

/** How long a program that is told to end may take, in milliseconds, by default. */
const GRACE = 5_000;

/** Serves operations by programs, fixed answers and files. */
export const serveCommand: Command = {
  about: "Serves operations by programs, fixed answers and files.",
  words: ["URL"],
  details: [
    "A program of --exec runs for each request, in a shell. Its standard input " +
    "is the payload, its standard output the result; if its exit status is " +
    "not 0, the output, or the status without any, is the error. It ends, with " +
    "all that it has started, if the request is cancelled or the server ends. Stream " +
    "requests reach it as well, while they arrive. GOTALK_OPERATION and " +
    "GOTALK_REMOTE are in its environment.",
    "Notifications are printed. Port 0 chooses a free port. Anybody who can " +
    "connect can call: listen on a local address, or behind a proxy that " +
    "authenticates.",
  ],
  options: [
    {
      name: "exec",
      value: "NAME=COMMAND",
      repeats: true,
      about: "answer NAME by a program",
    },
    {
      name: "reply",
      value: "NAME=INPUT",
      repeats: true,
      about: "answer NAME with JSON, or @FILE of it",
    },
    {
      name: "file",
      value: "NAME=PATH",
      repeats: true,
      about: "answer NAME with a file, as it is at that time",
    },
    {
      name: "jobs",
      value: "COUNT",
      about: `how many programs run at once; ${JOBS} by default`,
    },
    {
      name: "grace",
      value: "DURATION",
      about: `how long a program has to end after SIGTERM, before SIGKILL; ${
        GRACE / 1_000
      }s by default`,
    },
    { name: "list", about: "list the operations for gotalk operations" },
    { name: "cert", value: "FILE", about: "certificate for tls: and wss:" },
    { name: "key", value: "FILE", about: "key of the certificate" },
    { name: "quiet", about: "print the address only" },
    { name: "json", about: "print JSON for programs, one value a line" },
  ],
  examples: [
    ["serve tcp://127.0.0.1:1234 --exec upper='tr a-z A-Z'", "a program"],
    [
      `serve ws://127.0.0.1:8080/gotalk --reply 'v={"v":1}' --file log=a.log`,
      "over WebSocket",
    ],
  ],
  async run(given, terminal) {
    const programs = new Programs(
      integerOption(given, "jobs", JOBS),
      durationOption(given, "grace", GRACE),
      terminal.note,
    );
    const handlers = await handlersOf(given, terminal, programs);
    const options = await addressOf(given.words[0]!, given);
    const { serve } = await import("@gotalk/gotalk");
    await using server = await serve(
      {
        ...options,
        listOperations: given.flags.has("list"),
        onEvent() {/* Failures of programs are answers. */},
      },
      handlers,
    ).catch((error) => {
      throw error instanceof TypeError
        ? new UsageError(error.message)
        : new ConnectionFailure(error.message, { cause: error });
    });
    await using _ending = programs;
    terminal.out(
      given.flags.has("json")
        ? `${JSON.stringify({ listening: server.address })}\n`
        : `listening at ${server.address}\n`,
    );
    return await untilInterrupted(terminal);
  },
};

async function handlersOf(
  given: Given,
  terminal: Terminal,
  programs: Programs,
) {
  const { Handlers } = await import("@gotalk/gotalk");
  const { isReservedName } = await import("@gotalk/gotalk/codec");
  const handlers = new Handlers();
  const log = logOf(given, terminal);
  const names = new Set<string>();
  const pairs = (option: string) =>
    (given.lists[option] ?? []).map((text) => {
      const [name, value] = splitPair(option, text, "=");
      if (names.has(name)) throw new UsageError(`${name} is served twice`);
      if (isReservedName(name)) {
        throw new UsageError(`${name} is reserved for extensions`);
      }
      names.add(name);
      return [name, value] as const;
    });
  for (const [name, program] of pairs("exec")) {
    handlers
      .handleBytes(
        name,
        (payload, context) =>
          log(context, programs.answer(program, payload, context)),
      )
      .handleStream(
        name,
        (parts, context) => programs.stream(program, parts, context),
      );
  }
  for (const [name, input] of pairs("reply")) {
    const payload = await readInput(input, "json", terminal.signal);
    handlers.handleBytes(
      name,
      (_, context) => log(context, Promise.resolve(payload)),
    );
  }
  for (const [name, path] of pairs("file")) {
    await Deno.stat(path).catch((error) => {
      throw unreadable(path, error);
    });
    handlers
      .handleBytes(name, (_, context) => log(context, Deno.readFile(path)))
      .handleStream(name, async () => (await Deno.open(path)).readable);
  }
  if (names.size === 0) {
    throw new UsageError(
      "there is nothing to serve: wanted --exec, --reply or --file",
    );
  }
  return handlers.onOtherNotification((payload, { operation, peer }) => {
    if (given.flags.has("quiet")) return;
    const remote = peer.info?.remote;
    const notified = shown(payload, "json");
    terminal.out(
      given.flags.has("json")
        ? `${
          JSON.stringify({ notification: operation, remote, ...notified })
        }\n`
        : `notification ${line(operation)} ${line(notified)}\n`,
    );
  });
}

/** Returns what prints a request once it is answered. */
function logOf({ flags }: Given, { out }: Terminal) {
  return async <Result>(
    { operation, peer }: RequestContext,
    answer: Promise<Result>,
  ): Promise<Result> => {
    const began = performance.now();
    let ok = false;
    try {
      const result = await answer;
      ok = true;
      return result;
    } finally {
      const time = performance.now() - began;
      const remote = peer.info?.remote;
      if (flags.has("json")) {
        const report = { request: operation, remote, ok, milliseconds: time };
        out(`${JSON.stringify(report)}\n`);
      } else if (!flags.has("quiet")) {
        out(
          `request ${line(operation)} ${ok ? "answered" : "failed"} in ${
            milliseconds(time)
          }\n`,
        );
      }
    }
  };
}

const TRANSPORTS: Readonly<Record<string, ServeOptions["transport"]>> = {
  "tcp:": "tcp",
  "tls:": "tls",
  "unix:": "unix",
  "ws:": "websocket",
  "wss:": "websocket",
};

/** Returns the options to listen at a URL. */
async function addressOf(url: string, given: Given): Promise<ServeOptions> {
  const { cert, key } = given.values;
  const address = URL.parse(url);
  const transport = TRANSPORTS[address?.protocol ?? ""];
  if (address === null || transport === undefined) {
    throw new UsageError(
      `cannot listen at ${url}: wanted a URL with tcp:, tls:, unix:, ws: or wss:`,
    );
  }
  const isSecure = /^(tls|wss):$/.test(address.protocol);
  if (isSecure !== (cert !== undefined && key !== undefined)) {
    throw new UsageError(
      isSecure
        ? `${address.protocol} needs --cert and --key`
        : "--cert and --key need each other, and tls: or wss:",
    );
  }
  if (transport === "unix") {
    return { transport, path: decodeURIComponent(address.pathname) };
  }
  if (address.port === "" && transport !== "websocket") {
    throw new UsageError(`cannot listen at ${url}: it has no port`);
  }
  return {
    transport,
    hostname: address.hostname.replace(/^\[|\]$/g, ""),
    port: Number(address.port || (isSecure ? 443 : 80)),
    ...transport === "websocket" && { path: address.pathname },
    ...isSecure && { cert: await readText(cert!), key: await readText(key!) },
  };
}
