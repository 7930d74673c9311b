/**
 * Text of unknown origin in error messages.
 * Internal to the package.
 *
 * @module
 */

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the text that bytes are in UTF-8; `undefined` if they are none. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Returns text with escapes for what does not print. */
export function escapeUnprintable(text: string): string {
  const escape = (character: string) =>
    `\\u{${character.codePointAt(0)!.toString(16)}}`;
  return text.replace(/(?! )[\p{C}\p{Z}]/gu, escape);
}

/** Returns text in quotes, with escapes. */
export function quoteText(text: string): string {
  return escapeUnprintable(JSON.stringify(text));
}

/** Returns bytes as text in quotes, with escapes. */
export function quoteBytes(bytes: Uint8Array): string {
  return quoteText(new TextDecoder().decode(bytes));
}
