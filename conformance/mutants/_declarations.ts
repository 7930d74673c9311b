/**
 * Finds the declarations of a source file by the layout that the formatter gives it: a declaration begins at
 * the left margin, a member of a class two columns further in, and neither has other text there.
 *
 * @module
 */

/** A declaration, or one of several with the same name in a file. */
export interface Declaration {
  /** The symbol: `Name`, or `Name.member` for a member of a class. */
  readonly symbol: string;
  /** Where it begins in the file. */
  readonly start: number;
  /** The offset after its last character. */
  readonly end: number;
  /** Where its body begins; `undefined` for what has none. */
  readonly body: number | undefined;
}

const TOP_LEVEL =
  /^(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:class|function\*?|const|let)\s+([\w$]+)/;

/** The beginning of a separate statement at the left margin. */
const STARTS =
  /^(?:import|export|declare|abstract|async|class|function|const|let|interface|type|enum|\/\*|\/\/)/;

const MEMBER =
  /^ {2}(?:(?:static|async|override|readonly|private|protected|public|abstract|get|set|accessor|declare)\s+)*\*?\s*(#?[\w$]+|\[[\w.$]+\])/;

/** Lists the declarations of a source file, members of classes included. */
export function declarationsOf(source: string): Declaration[] {
  const found: Declaration[] = [];
  for (const part of statements(source)) {
    const name = TOP_LEVEL.exec(part.text)?.[1];
    if (name === undefined) continue;
    found.push(declaration(name, part, ""));
    if (
      !/^(?:export\s+)?(?:default\s+)?(?:abstract\s+)?class\b/.test(part.text)
    ) {
      continue;
    }
    const body = part.start + (bodyOf(part.text, "") ?? 0);
    for (const member of parts(source, body, part.end, "  ")) {
      const own = MEMBER.exec(member.text)?.[1];
      if (own === undefined) continue;
      found.push(declaration(`${name}.${own}`, member, "  "));
    }
  }
  return found;
}

interface Part {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The statements of a file; those that declare nothing, such as a loop that fills a table, belong to the one before. */
function* statements(source: string): Generator<Part> {
  let last: Part | undefined;
  for (const next of parts(source, 0, source.length, "")) {
    if (last !== undefined && !STARTS.test(next.text)) {
      last = part(source, last.start, next.end);
      continue;
    }
    if (last !== undefined) yield last;
    last = next;
  }
  if (last !== undefined) yield last;
}

/** The parts of a text that begin with a line at an indentation; lines that close a bracket continue a part. */
function* parts(
  source: string,
  from: number,
  to: number,
  indent: string,
): Generator<Part> {
  const begins = new RegExp(`^${indent}(?![\\s)}\\]])`);
  let start = -1;
  let at = from;
  while (at < to) {
    const lineEnd = source.indexOf("\n", at);
    const next = lineEnd < 0 || lineEnd >= to ? to : lineEnd + 1;
    if (begins.test(source.slice(at, next))) {
      if (start >= 0) yield part(source, start, at);
      start = at;
    }
    at = next;
  }
  if (start >= 0) yield part(source, start, to);
}

function part(source: string, start: number, end: number): Part {
  return { start, end, text: source.slice(start, end) };
}

function declaration(
  symbol: string,
  { start, end, text }: Part,
  indent: string,
): Declaration {
  const body = bodyOf(text, indent);
  return { symbol, start, end, body: body === undefined ? body : start + body };
}

/** Where the body of a declaration begins: after the first line at its indentation that opens a brace. */
function bodyOf(text: string, indent: string): number | undefined {
  const opening = new RegExp(`^${indent}\\S.*\\{$|^${indent}\\{$`, "m")
    .exec(text);
  if (opening === null) return undefined;
  return opening.index + opening[0].length;
}
