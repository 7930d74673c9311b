/**
 * Classes of errors that are recognized across copies of the package.
 * Internal to the package.
 *
 * @module
 */

/** Names the errors of a class, and marks them. */
export function brand(
  { prototype }: { readonly prototype: Error },
  name: string,
): void {
  Object.assign(prototype, { name, [symbolOf(name)]: true });
}

/** Returns whether a value is an error of a class with that name. */
export function isBranded(value: unknown, name: string): boolean {
  return value instanceof Error && symbolOf(name) in value;
}

function symbolOf(name: string): symbol {
  return Symbol.for(`gotalk.${name}`);
}
