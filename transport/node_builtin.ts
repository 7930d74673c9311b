/**
 * Modules of Node, in Deno, Node and Bun.
 * Internal to the package.
 *
 * @module
 */

/**
 * Loads a module of Node. Not by an import: a bundler would make it a static one
 * of every page that uses this package, which no browser can load.
 *
 * @throws {Error} If the runtime has no modules of Node.
 */
export function builtin<Module>(name: string): Module {
  const { process } = globalThis as unknown as {
    process?: { getBuiltinModule?(name: string): Module | undefined };
  };
  const module = process?.getBuiltinModule?.(name);
  if (module !== undefined) return module;
  // Deno has them.
  // deno-coverage-ignore-start
  throw new Error(
    `Cannot load ${name}: this runtime has no sockets, wanted Deno, Bun, or Node 22 or later`,
  );
  // deno-coverage-ignore-stop
}
