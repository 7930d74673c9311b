/**
 * The subcommand `stream`.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import { durationOption } from "../arguments.ts";
import { type Command, type Given, UsageError } from "../command.ts";
import { openPeer } from "../connection.ts";
import { CONNECTION_OPTIONS } from "../connection_options.ts";
import { STATUS } from "../failure.ts";
import { INPUT_DETAILS, readInput, standardInput } from "../input.ts";
import { escapeText } from "../../quoting/quote.ts";
import type { Terminal } from "../terminal.ts";

/** Sends standard input as a stream, and writes the answer to standard output. */
export const streamCommand: Command = {
  about:
    "Sends standard input as a stream, and writes the answer to standard output as it arrives.",
  words: ["URL", "OPERATION", "[INPUT]"],
  details: [
    "A slow peer holds standard input back, a slow reader of standard output " +
    "the peer. " +
    INPUT_DETAILS.replace("the payload is empty", "there is none") +
    " Handlers that take none need none. --timeout, if given, bounds the " +
    "stream as a whole.",
  ],
  options: [
    {
      name: "values",
      about: "send and receive JSON values, one a line, instead of bytes",
    },
    {
      name: "no-input",
      about: "read no standard input; the request's data stays open",
    },
    { name: "bytes", about: "escape nothing, also on a terminal" },
    ...CONNECTION_OPTIONS,
    { name: "json", about: "print an error as JSON" },
  ],
  examples: [
    ["stream tcp://localhost:1234 gzip < log.txt > log.txt.gz", "bytes"],
    [
      `stream tcp://localhost:1234 count '{"to":3}' --values --no-input`,
      "values, as of handleValues",
    ],
    [
      "stream ws://localhost:8080/gotalk sum --values < numbers.jsonl",
      "values in both directions",
    ],
  ],
  async run(given, terminal) {
    const [url, operation, argument] = given.words;
    if (argument === "-" && !given.flags.has("no-input")) {
      throw new UsageError("standard input is the stream, so INPUT is no -");
    }
    const input = argument === undefined ? undefined : JSON.parse(
      new TextDecoder().decode(
        await readInput(argument, "json", terminal.signal),
      ),
    );
    const timeout = durationOption(given, "timeout", Infinity);
    await using peer = await openPeer(url!, given, terminal);
    const options = { signal: terminal.signal, timeout };
    if (given.flags.has("values")) {
      const source = new LinesSource(terminal.signal);
      const values = peer.values(operation!, input, {
        ...options,
        ...!given.flags.has("no-input") && { values: source.values() },
      });
      try {
        for await (const value of values) {
          terminal.out(`${safe(JSON.stringify(value), given, terminal)}\n`);
        }
      } catch (error) {
        throw source.error ?? error;
      }
      return STATUS.answered;
    }
    const { readable, writable } = peer.stream(operation!, {
      ...options,
      ...input !== undefined && { input },
    });
    const upload = given.flags.has("no-input")
      ? Promise.resolve()
      : standardInput(terminal.signal)
        .pipeTo(writable as WritableStream<Uint8Array>);
    upload.catch(() => {/* The answer fails with the same error. */});
    const writer = Deno.stdout.writable.getWriter();
    // A pipe loses the error of its last write if it leaves the end open.
    for await (const bytes of printed(readable, given, terminal)) {
      await writer.write(bytes);
    }
    return STATUS.answered;
  },
};

/** Returns what is written of bytes: all of them, or on a terminal text that is safe to print. */
function printed(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  given: Given,
  terminal: Terminal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  if (!terminal.isTerminal || given.flags.has("bytes")) return bytes;
  return bytes
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(
      new TransformStream<string, string>({
        transform: (text, controller) => controller.enqueue(escapeText(text)),
      }),
    )
    .pipeThrough(new TextEncoderStream());
}

function safe(
  text: string,
  { flags }: Given,
  { isTerminal }: Terminal,
): string {
  return isTerminal && !flags.has("bytes") ? escapeText(text) : text;
}

/** The values of standard input, one a line. */
class LinesSource {
  /** What is wrong with a line. */
  error: UsageError | undefined;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async *values(): AsyncGenerator<unknown, void, undefined> {
    const lines = standardInput(this.#signal)
      .pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream());
    let number = 0;
    for await (const line of lines) {
      number++;
      if (line.trim() === "") continue;
      try {
        yield JSON.parse(line);
      } catch (error) {
        const { message } = error as Error;
        this.error = new UsageError(
          `line ${number} of standard input is not JSON: ${message}`,
        );
        throw this.error;
      }
    }
  }
}
