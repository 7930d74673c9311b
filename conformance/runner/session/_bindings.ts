/**
 * What a case has remembered.
 *
 * @module
 */

/** Bytes under names. Never changed: whoever remembers more makes a new one. */
export type Bindings = ReadonlyMap<string, Uint8Array>;

/** What was remembered under a name. */
export function bound(bindings: Bindings, name: string): Uint8Array {
  const bytes = bindings.get(name);
  if (bytes !== undefined) return bytes;
  throw new TypeError(
    `Cannot run the case: ${name} was not remembered, wanted a bind before`,
  );
}
