/**
 * Quoting of bytes and text of unknown origin, safe to print. Whatever the
 * remote side sent passes here before it becomes part of a message for people.
 * Internal to the package.
 *
 * @module
 */

/** Throws on bytes that are not UTF-8, and keeps a byte order mark. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Returns the text of bytes that are UTF-8; `undefined` for other bytes. */
export function utf8Text(bytes: Uint8Array): string | undefined {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * Returns a function that escapes what an expression finds in a text. The
 * expression is made at the first call: to read one with properties of Unicode
 * takes as long as a twentieth of an empty program (bench/cold_start.ts).
 */
function escaper(source: string): (text: string) => string {
  let found: RegExp | undefined;
  return (text) => text.replace(found ??= new RegExp(source, "gu"), escapeRun);
}

/**
 * Returns text on one line, with unprintable characters as JavaScript escapes.
 * They are those that must not reach a terminal or break a line: controls, format
 * characters (bidirectional overrides among them), unassigned and private ones,
 * lone surrogates, and every space but the ordinary one.
 */
export const escapeUnprintable: (text: string) => string = escaper(
  String.raw`[\p{C}\p{Z}]+`,
);

/** The same, and the two characters that quoting uses. */
const escapeUnquotable = escaper(String.raw`[\p{C}\p{Z}"\\]+`);

/**
 * Returns text of many lines, with the characters as escapes that a terminal might
 * obey: those of {@linkcode escapeUnprintable}, but the end of a line and the tab.
 */
export const escapeText: (text: string) => string = escaper(
  String.raw`(?:(?![\n\t])[\p{C}\p{Z}])+`,
);

/** Returns what a caught value says, on one line and escaped: its message may quote the remote side. */
export function describeFailure(cause: unknown): string {
  let what: string;
  try {
    what = String(cause instanceof Error ? cause.message : cause);
  } catch {
    // A proxy that throws, or an object without a text.
    what = "an object that cannot be shown";
  }
  return escapeUnprintable(what);
}

/** Returns text in double quotes on one line, escaped as in JavaScript. */
export function quoteText(text: string): string {
  return `"${escapeUnquotable(text)}"`;
}

/** Returns the start of a text in double quotes, escaped: `most` characters. */
export function excerpt(text: string, most: number = 60): string {
  if (text.length <= most) return quoteText(text);
  // No more of it, whatever its length; a character has up to two code units.
  const start = Array.from(text.slice(0, 2 * most + 1));
  return quoteText(
    start.length > most ? `${start.slice(0, most).join("")}…` : text,
  );
}

/** Returns bytes in double quotes: as text if they are UTF-8, else escaped. */
export function quoteBytes(bytes: Uint8Array): string {
  const text = utf8Text(bytes);
  return text === undefined ? `"${escapeBytes(bytes)}"` : quoteText(text);
}

/**
 * Returns bytes without quotes: printable ASCII as is, any other, also a space,
 * as `\xNN`.
 */
export function escapeBytes(bytes: Uint8Array): string {
  let escaped = "";
  for (const byte of bytes) {
    const printable = byte > 0x20 && byte < 0x7f && byte !== 0x22 &&
      byte !== 0x5c;
    escaped += printable ? String.fromCharCode(byte) : byteEscape(byte);
  }
  return escaped;
}

/** Returns characters one after the other, escaped. */
function escapeRun(characters: string): string {
  let escaped = "";
  for (const character of characters) escaped += escapeCharacter(character);
  return escaped;
}

function escapeCharacter(character: string): string {
  if (character === " ") return character;
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0)!;
  if (code < 0x80) return byteEscape(code);
  return `\\u{${code.toString(16)}}`;
}

/** Bytes as escapes; to write each of 4,095 in a name anew takes half a millisecond. */
const BYTE_ESCAPES: string[] = [];

function byteEscape(byte: number): string {
  return BYTE_ESCAPES[byte] ??= `\\x${byte.toString(16).padStart(2, "0")}`;
}
