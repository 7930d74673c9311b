/**
 * Calls of functions that nobody trusts.
 * Internal to the package.
 *
 * @module
 */

/**
 * Calls a function. What it throws rejects the promise, as what it returns a
 * rejected promise for does. Node 22 has no `Promise.try`.
 */
export async function attempt<Arguments extends unknown[], Result>(
  call: (...values: Arguments) => Result | PromiseLike<Result>,
  ...values: Arguments
): Promise<Awaited<Result>> {
  return await call(...values);
}
