/**
 * The payload of a request: from an argument, a file or standard input.
 *
 * @module
 */

import { type Given, type Option, UsageError } from "./command.ts";

/** What payloads are. */
export type Form = "json" | "text" | "bytes";

/** The options that choose what payloads are. */
export const FORM_OPTIONS: readonly Option[] = [
  { name: "text", about: "INPUT is text, and so is the result" },
  {
    name: "bytes",
    about: "INPUT is sent as it is, and the result written as it is",
  },
];

/** What is said besides if INPUT is not JSON. */
export const SEE_FORM = ", see --text and --bytes";

/** What INPUT may be, for help texts. */
export const INPUT_DETAILS =
  "INPUT is JSON, @FILE for the content of a file, or - for standard input. " +
  "Without it, the payload is empty.";

/**
 * Returns what payloads are.
 *
 * @throws {UsageError} If there is more than one option for it.
 */
export function formOf({ flags }: Given): Form {
  const given = (["text", "bytes"] as const).filter((form) => flags.has(form));
  if (given.length > 1) {
    throw new UsageError("--text and --bytes exclude each other");
  }
  return given[0] ?? "json";
}

/**
 * Returns a payload. JSON is checked, and sent as it was written.
 *
 * @param signal Ends the wait for standard input.
 * @param otherwise What is said besides if it is not JSON.
 * @throws {UsageError} If it cannot be read, or is not JSON but should be.
 */
export async function readInput(
  given: string | undefined,
  form: Form,
  signal: AbortSignal,
  otherwise = "",
): Promise<Uint8Array> {
  if (given === undefined) return new Uint8Array();
  if (given !== "-" && !given.startsWith("@")) {
    if (form === "json") checkJson(given, nameOf(given), otherwise);
    return new TextEncoder().encode(given);
  }
  const bytes = await readBytes(given, signal);
  if (form === "bytes") return bytes;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError(`${nameOf(given)} is not UTF-8, see --bytes`);
  }
  if (form === "json") checkJson(text, nameOf(given), otherwise);
  return bytes;
}

/**
 * Checks that text is JSON.
 *
 * @throws {UsageError} If it is not.
 */
export function checkJson(text: string, name: string, otherwise = ""): void {
  try {
    JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    throw new UsageError(`${name} is not JSON${otherwise}: ${message}`);
  }
}

async function readBytes(
  given: string,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (given === "-") {
    return new Uint8Array(
      await new Response(standardInput(signal)).arrayBuffer(),
    );
  }
  try {
    return await Deno.readFile(given.slice(1));
  } catch (error) {
    throw unreadable(given.slice(1), error);
  }
}

/**
 * Returns standard input, which fails with the reason of the signal once that
 * aborts, and with a {@linkcode UsageError} if it cannot be read.
 */
export function standardInput(
  signal: AbortSignal,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { readable, writable } = new TransformStream<
    Uint8Array<ArrayBuffer>,
    Uint8Array<ArrayBuffer>
  >();
  Deno.stdin.readable.pipeTo(writable, { signal, preventAbort: true })
    .catch((error) => {
      const reason = signal.aborted
        ? signal.reason
        : unreadable("standard input", error);
      void writable.abort(reason).catch(() => {/* Nobody reads it. */});
    });
  return readable;
}

function nameOf(given: string): string {
  if (given === "-") return "standard input";
  return given.startsWith("@") ? given.slice(1) : "the input";
}

/**
 * Reads a file of text.
 *
 * @throws {UsageError} If it cannot be read.
 */
export async function readText(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Returns the error for a file that cannot be read. */
export function unreadable(path: string, error: unknown): UsageError {
  const reason = error instanceof Deno.errors.NotFound
    ? "there is no such file"
    : error instanceof Error
    ? error.message
    : String(error);
  const name = path === "" ? "a file without a name" : path;
  return new UsageError(`cannot read ${name}: ${reason}`);
}
