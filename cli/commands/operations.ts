/**
 * The subcommand `operations`.
 *
 * @module
 */

import { isOperationError } from "@gotalk/gotalk";
import { type ListedOperation, listOperations } from "@gotalk/gotalk/peer";
import type { Command } from "../command.ts";
import { openPeer } from "../connection.ts";
import {
  CONNECTION_OPTIONS,
  JSON_OPTION,
  timeoutOf,
} from "../connection_options.ts";
import { STATUS } from "../failure.ts";
import { line } from "../output.ts";

/** Lists the operations of a remote peer. */
export const operationsCommand: Command = {
  about:
    "Lists the operations and notifications that a remote peer handles, a line each.",
  words: ["URL", "[NAME…]"],
  details: [
    "Without NAME, all of them. A peer lists them only if its option " +
    "listOperations is set, as by gotalk serve --list; others answer that " +
    "gotalk:operations is unknown, which is status 1.",
  ],
  options: [
    { name: "schemas", about: "print the JSON Schemas as well" },
    ...CONNECTION_OPTIONS,
    JSON_OPTION,
  ],
  examples: [
    ["operations tcp://localhost:1234", "all of them"],
    ["operations wss://host/gotalk greet --schemas", "one, with its schemas"],
    ["operations unix:/run/app.sock --json", "for a program"],
  ],
  async run(given, terminal) {
    const [url, ...names] = given.words;
    await using peer = await openPeer(url!, given, terminal);
    const list = await listOperations(peer, {
      timeout: timeoutOf(given),
      signal: terminal.signal,
    });
    const wanted = list.filter(({ name }) =>
      names.length === 0 || names.includes(name)
    );
    const width = Math.max(...wanted.map(({ name }) => line(name).length));
    for (const operation of wanted) {
      terminal.out(
        given.flags.has("json")
          ? `${JSON.stringify(operation)}\n`
          : readable(operation, width, given.flags.has("schemas")),
      );
    }
    const missing = names.find((name) =>
      !wanted.some((operation) => operation.name === name)
    );
    if (missing === undefined) return STATUS.answered;
    terminal.note(`gotalk: the remote peer lists no ${missing}`);
    return STATUS.remoteError;
  },
};

/** Returns an operation as lines for people. */
function readable(
  { name, kind, payload, ...schemas }: ListedOperation,
  width: number,
  isWhole: boolean,
): string {
  const what = kind === "stream" && payload === "json" ? "values" : payload;
  const head = `${line(name).padEnd(width)}  ${kind} of ${what}`;
  const listed = Object.entries(schemas);
  if (isWhole) {
    const lines = listed.map(([member, schema]) =>
      `  ${member} ${line(JSON.stringify(schema))}\n`
    );
    return `${head}\n${lines.join("")}`;
  }
  const members = listed.filter(([, schema]) => schema !== true);
  const known = members.map(([member]) => member).join(" and ");
  return known === "" ? `${head}\n` : `${head}, schema of ${known}\n`;
}

/**
 * Returns what a remote peer lists; nothing if it lists none.
 *
 * @param timeout How long the answer may take, in milliseconds.
 */
export async function listedBy(
  peer: Parameters<typeof listOperations>[0],
  timeout: number,
): Promise<readonly ListedOperation[]> {
  try {
    return await listOperations(peer, { timeout, retry: false });
  } catch (error) {
    if (isOperationError(error)) return [];
    throw error;
  }
}
