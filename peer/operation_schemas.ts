/**
 * The schemas that handlers were set with, for lists of operations.
 * Internal to the package.
 *
 * @module
 */

/** What the options of a handler say about its values: schemas, or whether there is any. */
export interface OperationSchemas {
  readonly input?: unknown;
  readonly output?: unknown;
  readonly values?: unknown;
}

const kept = new WeakMap<object, OperationSchemas>();

/** Keeps schemas with a handler, which must be a function of this handler alone. */
export function keepSchemas(handler: object, schemas: OperationSchemas): void {
  kept.set(handler, schemas);
}

/** Returns the schemas that were kept with a handler of a table. */
export function schemasOf(handler: object): OperationSchemas {
  return kept.get(handler)!;
}
