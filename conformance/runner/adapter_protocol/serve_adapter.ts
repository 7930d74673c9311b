/**
 * The adapter's side of the adapter protocol: makes an implementation an adapter that any runner can drive.
 *
 * @module
 */

import {
  type CommandName,
  type Implementation,
  SkippedError,
} from "../implementation.ts";
import { LineWriter, readLines } from "./lines.ts";
import { fields, ShapeError } from "./_shape.ts";
import { ARGUMENTS, toLine } from "./command_shapes.ts";

/**
 * Reads commands as lines, and writes an answer to each, until `stop` is answered or the input ends; then
 * disposes of the implementation. Answers are written when they are ready, in any order.
 *
 * @example An adapter for this module, as a program
 * ```ts ignore
 * import { serveAdapter } from "@gotalk/conformance";
 *
 * await serveAdapter(new MyImplementation(), Deno.stdin.readable, Deno.stdout.writable);
 * ```
 */
export async function serveAdapter(
  implementation: Implementation,
  readable: ReadableStream<Uint8Array>,
  writable: WritableStream<Uint8Array>,
): Promise<void> {
  await using _subject = implementation;
  const writer = new LineWriter(writable);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  const lines = readLines(readable);
  const take = async () => {
    for await (const line of lines) {
      if (line.trim() === "") continue;
      void answer(implementation, line).then(async ({ command, ...answer }) => {
        try {
          await writer.write(toLine(answer));
        } catch {
          return stop(); // The runner is gone.
        }
        if (command === "stop") stop();
      });
    }
    stop();
  };
  const taken = take().catch(() => stop());
  await stopped;
  await writer.close();
  // The input may go on; nothing reads it.
  void taken;
}

interface Answer {
  readonly command?: string;
  readonly seq: unknown;
}

/** Returns the answer to a line; never rejects. */
async function answer(
  implementation: Implementation,
  line: string,
): Promise<Answer> {
  let seq: unknown = null;
  try {
    const { seq: given, command, ...args } = fields(parsed(line), "");
    seq = given ?? null;
    const name = known(command);
    const read = ARGUMENTS[name](args, "", true);
    return { seq, command: name, ...await implementation.ask(name, read) };
  } catch (error) {
    if (error instanceof SkippedError) {
      const { message, issue } = error;
      return { seq, skipped: { reason: message, issue } } as Answer;
    }
    const message = error instanceof Error ? error.message : String(error);
    const trace = error instanceof ShapeError
      ? undefined
      : (error as Error)?.stack;
    return { seq, errored: { message, trace } } as Answer;
  }
}

function known(command: unknown): CommandName {
  if (typeof command === "string" && Object.hasOwn(ARGUMENTS, command)) {
    return command as CommandName;
  }
  throw new ShapeError("/command", command, "the name of a command");
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new SyntaxError("Cannot read a line: it is not JSON", { cause });
  }
}
