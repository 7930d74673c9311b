/**
 * The subcommands, each loaded when it is used.
 *
 * @module
 */

import type { Command, Entry } from "./command.ts";
import { open } from "./open.ts";

/** Every subcommand, in the order of the help text. */
export const COMMANDS = {
  request: {
    about: "send a request, and print the result",
    load: async () => (await import("./commands/request.ts")).requestBy(open),
  },
  notify: {
    about: "send a notification",
    load: async () => (await import("./commands/notify.ts")).notifyBy(open),
  },
  stream: {
    about: "send standard input as a stream, and write the answer",
    load: async () => (await import("./commands/stream.ts")).streamCommand,
  },
  listen: {
    about: "print the notifications of a remote peer",
    load: async () => (await import("./commands/listen.ts")).listenCommand,
  },
  operations: {
    about: "list the operations that a remote peer reveals",
    load: async () =>
      (await import("./commands/operations.ts")).operationsCommand,
  },
  ping: {
    about: "measure round trips, and show how they spread",
    load: async () => (await import("./commands/ping.ts")).pingCommand,
  },
  serve: {
    about: "serve operations by programs, fixed answers and files",
    load: async () => (await import("./commands/serve.ts")).serveCommand,
  },
  bench: {
    about: "send requests as fast as they are answered, and measure",
    load: async () => (await import("./commands/bench.ts")).benchCommand,
  },
  tap: {
    about: "forward connections, and print the messages that pass",
    load: async () => (await import("./commands/tap.ts")).tapCommand,
  },
  decode: {
    about: "print the messages of recordings and captures",
    load: async () => (await import("./commands/decode.ts")).decodeCommand,
  },
  replay: {
    about: "send what a recording has, and compare the answers",
    load: async () => (await import("./commands/replay.ts")).replayCommand,
  },
  repl: {
    about: "send requests from a prompt",
    load: async () => (await import("./commands/repl.ts")).replCommand,
  },
  conformance: {
    about: "run the conformance suite, where it is installed",
    load: async () =>
      (await import("./commands/conformance.ts")).conformanceCommand,
  },
  completions: {
    about: "print a script that completes the command in a shell",
    load: async (): Promise<Command> =>
      (await import("./commands/completions.ts")).completionsOf(COMMANDS),
  },
} as const satisfies Readonly<Record<string, Entry>>;

/** The name of a subcommand. */
export type CommandName = keyof typeof COMMANDS;

/** Whether a word is the name of a subcommand. */
export function isCommandName(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}
