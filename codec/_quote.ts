/**
 * Bytes and text of unknown origin, quoted so that they are safe to print.
 *
 * @module
 */

/** Reads UTF-8 strictly: throws on bytes that are none, and keeps a byte order mark. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The text of bytes that are UTF-8; `undefined` for other bytes. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * What must not reach a terminal or break a line: controls, format characters (bidirectional
 * overrides among them), unassigned and private ones, lone surrogates, every space but the ordinary
 * one, and the two characters that quoting itself uses.
 */
const UNSAFE = /[\p{C}\p{Z}"\\]/gu;

/** Text in double quotes on one line; what is unsafe becomes an escape of JavaScript's. */
export function quoteText(text: string): string {
  return `"${text.replace(UNSAFE, escapeCharacter)}"`;
}

/** Bytes in double quotes on one line: as text where they are UTF-8, else one by one. */
export function quoteBytes(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  return text === undefined ? `"${escapeBytes(bytes)}"` : quoteText(text);
}

/** Bytes without quotes: printable ASCII as it is, anything else, a space too, as `\xNN`. */
export function escapeBytes(bytes: Uint8Array): string {
  let escaped = "";
  for (const byte of bytes) {
    const printable = byte > 0x20 && byte < 0x7f && byte !== 0x22 &&
      byte !== 0x5c;
    escaped += printable
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return escaped;
}

function escapeCharacter(character: string): string {
  if (character === " ") return character;
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return `\\x${code.toString(16).padStart(2, "0")}`;
  return `\\u{${code.toString(16)}}`;
}
