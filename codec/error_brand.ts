/**
 * Marks error classes so that they are recognised across two copies of the package, where
 * `instanceof` fails.
 *
 * @module
 */

/** Gives an error class its `name` and its mark, both on the prototype. */
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

/** Whether a value is an error of the class that was marked with this name, in any copy. */
export function isBranded(value: unknown, name: string): boolean {
  return value instanceof Error && brandSymbol(name) in value;
}

function brandSymbol(name: string): symbol {
  return Symbol.for(`gotalk.${name}`);
}
