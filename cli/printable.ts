/**
 * Text from a remote peer, safe to print on a terminal.
 *
 * @module
 */

/** What must not reach a terminal: controls but the end of a line and the tab, format characters, and every space but the ordinary one. */
const UNPRINTABLE = /(?![ \n\t])[\p{C}\p{Z}]/gu;

/** Returns text with unprintable characters as JavaScript escapes. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => {
    const code = character.codePointAt(0)!.toString(16);
    return code.length > 2 ? `\\u{${code}}` : `\\x${code.padStart(2, "0")}`;
  });
}
