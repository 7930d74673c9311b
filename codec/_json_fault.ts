/**
 * Where text stops being JSON: the errors of JavaScript engines do not always say.
 *
 * @module
 */

/** Where text stops being JSON, and what was wanted there. */
export interface JsonFault {
  /** The index of the first character that does not fit; the text's length when it ends too early. */
  readonly at: number;
  /** What was wanted there. */
  readonly wanted: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Finds the fault in text that is not JSON. For error messages, so plain rather than fast. */
export function jsonFault(text: string): JsonFault {
  /** The brackets that close what is open, the innermost last. */
  const open: ("]" | "}")[] = [];
  let state: "value" | "value or ]" | "key" | "key or }" | "colon" | "after" =
    "value";
  let at = 0;
  for (;;) {
    at = matchEnd(SPACE, text, at);
    const letter = text[at];
    if (
      (state === "value or ]" || state === "key or }") && letter === open.at(-1)
    ) {
      open.pop();
      state = "after";
      at++;
    } else if (state === "colon") {
      if (letter !== ":") return { at, wanted: '":"' };
      state = "value";
      at++;
    } else if (state === "after") {
      const closing = open.at(-1);
      if (closing === undefined) return { at, wanted: "the end" };
      if (letter !== "," && letter !== closing) {
        return { at, wanted: `"," or "${closing}"` };
      }
      if (letter === closing) open.pop();
      else state = closing === "]" ? "value" : "key";
      at++;
    } else if (letter === '"') {
      const fault = stringFault(text, at);
      if (fault.wanted !== "") return fault;
      at = fault.at;
      state = state.startsWith("key") ? "colon" : "after";
    } else if (state.startsWith("key")) {
      return { at, wanted: "a key in quotes" };
    } else if (letter === "[" || letter === "{") {
      open.push(letter === "[" ? "]" : "}");
      state = letter === "[" ? "value or ]" : "key or }";
      at++;
    } else {
      const end = matchEnd(SCALAR, text, at);
      if (end === at) return { at, wanted: "a JSON value" };
      at = end;
      state = "after";
    }
  }
}

/** The fault in the string that begins at an index, or where it ends when `wanted` is empty. */
function stringFault(text: string, start: number): JsonFault {
  let at = start + 1;
  while (at < text.length) {
    const letter = text[at]!;
    if (letter === '"') return { at: at + 1, wanted: "" };
    if (letter < " ") return { at, wanted: "no control character in a string" };
    const next = letter === "\\" ? matchEnd(ESCAPE, text, at) : at + 1;
    if (next === at) return { at, wanted: "an escape that JSON has" };
    at = next;
  }
  return { at, wanted: "the end of a string" };
}

/** Where a match of a sticky pattern ends; its start when there is none. */
function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : start;
}
