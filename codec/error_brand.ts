/**
 * Brands of error classes, which type guards recognise across two copies of the
 * package, where `instanceof` fails. Internal to the package.
 *
 * @module
 */

/** Gives an error class its `name` and its brand, both on the prototype. */
export function brand(
  errorClass: { readonly prototype: Error },
  name: string,
): void {
  Object.defineProperty(errorClass.prototype, "name", {
    value: name,
    configurable: true,
  });
  Object.defineProperty(errorClass.prototype, brandSymbol(name), {
    value: true,
  });
}

/** Returns whether a value is an error of the class with this brand, in any copy. */
export function isBranded(value: unknown, name: string): boolean {
  try {
    return value instanceof Error && brandSymbol(name) in value;
  } catch {
    // A proxy that throws. Anything can be thrown, and each error comes here.
    return false;
  }
}

function brandSymbol(name: string): symbol {
  return Symbol.for(`gotalk.${name}`);
}
