/**
 * Finds the text of an anchor however the formatter has wrapped it.
 *
 * @module
 */

/** A place where an anchor matches. */
export interface AnchorMatch {
  /** Where it begins in the text. */
  readonly start: number;
  /** The offset after its last character. */
  readonly end: number;
  /** What its words that begin with `$` stand for. */
  readonly paths: Readonly<Record<string, string>>;
}

/** A word that stands for a path, a string, a word, or any other character. */
const TOKEN = /\$[a-z]+\b(?!\{)|"(?:[^"\\\n]|\\.)*"|[\w$#]+|\S/g;

/** What a word that begins with `$` matches: `this.#link`, `stream.id`, `wire`; in `this.#ended?.has`, `this.#ended?`. */
const PATH = String.raw`[\w$#]+(?:[?!]?\.[\w$#]+)*[?!]?`;

/** Finds all places where an anchor matches. */
export function findAnchor(anchor: string, text: string): AnchorMatch[] {
  return Array.from(text.matchAll(expression(anchor)), (match) => ({
    start: match.index,
    end: match.index + match[0].length,
    paths: { ...match.groups },
  }));
}

/** Replaces the words that begin with `$` with what they stand for. */
export function fillIn(
  text: string,
  paths: Readonly<Record<string, string>>,
): string {
  return text.replace(
    /\$([a-z]+)\b(?!\{)/g,
    (word, name: string) => paths[name] ?? word,
  );
}

/** Returns the line of a text that is most like an anchor. */
export function nearestLine(anchor: string, text: string): string {
  const wanted = new Set(anchor.match(TOKEN));
  let best = "";
  let most = 0;
  for (const line of text.split("\n")) {
    const tokens = new Set(line.match(TOKEN));
    const common = tokens.intersection(wanted).size;
    const likeness = common / (tokens.size + wanted.size - common || 1);
    if (likeness > most) [best, most] = [line.trim(), likeness];
  }
  return best;
}

function expression(anchor: string): RegExp {
  const seen = new Set<string>();
  const tokens = Array.from(anchor.matchAll(TOKEN), ([token]) => {
    if (/^\$[a-z]+$/.test(token)) {
      const name = token.slice(1);
      if (seen.has(name)) return `\\k<${name}>`;
      seen.add(name);
      return `(?<${name}>${PATH})`;
    }
    const escaped = RegExp.escape(token);
    // The formatter adds a comma before a closing bracket on a separate line.
    return /^[)\]}]$/.test(token) ? `,?\\s*${escaped}` : escaped;
  });
  // A comment at the end of a line is as good as white space.
  return new RegExp(tokens.join(String.raw`(?:\s|\/\/[^\n]*)*`), "g");
}
