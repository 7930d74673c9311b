/**
 * The error of a connection that ends too early.
 * Internal to the package.
 *
 * @module
 */

/** Creates an error of the class that Deno uses, or one of its name in other runtimes. */
export function unexpectedEof(message: string): Error {
  if ("Deno" in globalThis) return new Deno.errors.UnexpectedEof(message);
  // deno-coverage-ignore-start
  const error = new Error(message);
  error.name = "UnexpectedEof";
  return error;
  // deno-coverage-ignore-stop
}
