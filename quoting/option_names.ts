/**
 * The check of the names of options.
 * Internal to the package.
 *
 * @module
 */

import { checkOptionsObject } from "./options_object.ts";
import { escapeUnprintable } from "./quote.ts";

/**
 * The names of options of a kind, as the keys of an object. The value is an
 * object with further names where an option has options itself.
 */
export type OptionNames<Options> = Readonly<
  Record<keyof Options & string, unknown>
>;

/**
 * Checks the names of options, of which an unknown one would be ignored without
 * a word. One that is `undefined` sets nothing, and may have any name.
 *
 * @throws {TypeError} If the options are no object, or a name is unknown.
 */
export function checkOptionNames<Options extends object>(
  options: Options,
  names: OptionNames<Options>,
  what = "option",
): void {
  checkOptionsObject(options);
  for (const name in options) {
    if (Object.hasOwn(names, name) || options[name] === undefined) continue;
    const holder = holderOf(name, names);
    if (holder !== undefined) {
      throw new TypeError(
        `Cannot set ${name}: it is no ${what} by itself, wanted ${holder}: { ${name} }`,
      );
    }
    const nearest = nearestTo(name, Object.keys(names));
    throw new TypeError(
      `Cannot set ${escapeUnprintable(name)}: there is no such ${what}${
        nearest === undefined ? "" : `, the nearest is ${nearest}`
      }`,
    );
  }
}

/** Returns those of options that have some names, for what refuses all others. */
export function pickOptions<
  Options extends object,
  Name extends keyof Options & string,
>(
  options: Options,
  names: Readonly<Record<Name, unknown>>,
): Pick<Options, Name> {
  const picked: Partial<Options> = {};
  for (const name in names) {
    if (options[name] !== undefined) picked[name] = options[name];
  }
  return picked as Pick<Options, Name>;
}

/** Returns the option whose own options include a name; `undefined` if none does. */
function holderOf(
  name: string,
  names: Readonly<Record<string, unknown>>,
): string | undefined {
  return Object.keys(names).find((holder) => {
    const inner = names[holder];
    return typeof inner === "object" && inner !== null &&
      Object.hasOwn(inner, name);
  });
}

/** Returns the name that a misspelt one may stand for; `undefined` if none is near. */
function nearestTo(
  name: string,
  names: readonly string[],
): string | undefined {
  let nearest: string | undefined;
  let least = Infinity;
  for (const known of names) {
    const distance = distanceBetween(name.toLowerCase(), known.toLowerCase());
    if (distance >= least) continue;
    nearest = known;
    least = distance;
  }
  return least <= LARGEST_SHARE * name.length ? nearest : undefined;
}

/** The largest distance of names that are near, as a share of the length. */
const LARGEST_SHARE = 0.6;

/** The most characters of a name that are compared: it may be any text. */
const MAX_COMPARED = 64;

/** Returns the number of characters to insert, delete or replace in one text for the other. */
function distanceBetween(one: string, other: string): number {
  const text = one.slice(0, MAX_COMPARED);
  let row = Array.from({ length: text.length + 1 }, (_, index) => index);
  for (let at = 1; at <= other.length; at++) {
    const next = [at];
    for (let index = 1; index <= text.length; index++) {
      const isSame = text[index - 1] === other[at - 1];
      next.push(
        Math.min(
          row[index]! + 1,
          next[index - 1]! + 1,
          row[index - 1]! + Number(!isSame),
        ),
      );
    }
    row = next;
  }
  return row[text.length]!;
}
