/**
 * The help texts, made from what subcommands declare.
 *
 * @module
 */

import type { Command, Option } from "./command.ts";
import { type CommandName, COMMANDS } from "./commands.ts";

const WIDTH = 80;

/** The column at which descriptions of options begin. */
const INDENT = 25;

/** Returns the help text of the program. */
export function programHelp(): string {
  const list = Object.entries(COMMANDS).map(([name, { about }]) =>
    hang(`  ${name}`, about, 15)
  );
  return `gotalk calls, serves, measures and shows Gotalk peers.

Usage: gotalk COMMAND [ARGUMENTS] [OPTIONS]

Commands:
${list.join("\n")}

gotalk COMMAND --help shows the options of a command, and examples.

URLs: tcp://host:port, tls://host:port, unix:/path, ws://host/path, wss://…;
http:// and https:// stand for the WebSocket at that URL.

Exit status:
  0    answered
  1    the remote peer answered with an error, or with too much
  2    the arguments are wrong
  3    no connection, or it ended
  4    no answer within --timeout
  130  interrupted by Ctrl-C`;
}

/** Returns the help text of a subcommand. */
export function commandHelp(name: CommandName, command: Command): string {
  const { about, words, options, details = [], examples } = command;
  const usage = ["Usage: gotalk", name, ...words, "[OPTIONS]"].join(" ");
  return [
    wrap(about, WIDTH),
    [usage],
    ...details.map((paragraph) => [wrap(paragraph, WIDTH).join("\n")]),
    [
      "Options:",
      ...options.map(optionHelp),
      hang("  --help", "show this help"),
    ],
    [
      "Examples:",
      ...examples.flatMap(([args, about]) => [
        `  # ${about}`,
        `  gotalk ${args}`,
      ]),
    ],
  ].map((lines) => lines.join("\n")).join("\n\n");
}

function optionHelp({ name, value, repeats, about }: Option): string {
  const head = value === undefined ? `  --${name}` : `  --${name} ${value}`;
  return hang(head, repeats ? `${about} (repeatable)` : about);
}

/** Puts a description next to a name, on lines of the same indent. */
function hang(head: string, about: string, indent = INDENT): string {
  const lines = wrap(about, WIDTH - indent);
  const space = " ".repeat(indent);
  if (head.length + 2 > indent) {
    return [head, ...lines.map((line) => space + line)].join("\n");
  }
  return head.padEnd(indent) + lines.join(`\n${space}`);
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line];
}
