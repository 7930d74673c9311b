/**
 * Payloads of a remote peer, as they are printed.
 *
 * @module
 */

import type { Form } from "./input.ts";
import { escapeText } from "../quoting/quote.ts";
import type { Terminal } from "./terminal.ts";

/** A payload for programs: a value, text, or bytes in base64. */
export type Shown =
  | { readonly value: unknown }
  | { readonly text: string }
  | { readonly base64: string };

/**
 * Returns a payload for programs. What is not what it should be is shown as what
 * it is: JSON, text or bytes.
 */
export function shown(payload: Uint8Array, form: Form): Shown {
  const text = form === "bytes" ? undefined : textOf(payload);
  if (text === undefined) return { base64: base64Of(payload) };
  if (form === "text") return { text };
  if (text === "") return { value: null };
  try {
    return { value: JSON.parse(text) };
  } catch {
    return { text };
  }
}

/** Whether a payload is JSON, or empty. */
export function isJson(payload: Uint8Array): boolean {
  return "value" in shown(payload, "json");
}

/**
 * Writes a payload and the end of a line: indented and escaped if somebody reads
 * it on a terminal, as it came otherwise. Bytes are written as they are, without
 * the end of a line.
 */
export function writePayload(
  payload: Uint8Array,
  form: Form,
  { out, isTerminal }: Terminal,
): void {
  if (form === "bytes") return out(payload);
  if (payload.length === 0) return;
  if (isTerminal) return out(`${readable(payload, form)}\n`);
  out(payload);
  out("\n");
}

function readable(payload: Uint8Array, form: Form): string {
  const payloadShown = shown(payload, form);
  if ("value" in payloadShown) {
    return escapeText(JSON.stringify(payloadShown.value, null, 2));
  }
  if ("text" in payloadShown) return escapeText(payloadShown.text);
  return `${payload.length} bytes in base64: ${payloadShown.base64}`;
}

/** Returns a name or a payload as one line: JSON, text, or bytes in base64. */
export function line(what: string | Shown): string {
  const text = typeof what === "string"
    ? what
    : "value" in what
    ? JSON.stringify(what.value)
    : "text" in what
    ? what.text
    : what.base64;
  return escapeText(text).replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

/** How many bytes become text at once: a function takes no more than so many arguments. */
const PIECE = 8 * 1024;

/** Returns bytes in base64, also in Node 22. */
function base64Of(payload: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < payload.length; at += PIECE) {
    pieces.push(String.fromCharCode(...payload.subarray(at, at + PIECE)));
  }
  return btoa(pieces.join(""));
}

function textOf(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
      .decode(payload);
  } catch {
    return undefined;
  }
}
