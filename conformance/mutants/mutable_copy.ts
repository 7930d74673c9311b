/**
 * Copies of the workspace, each of which is one mutant after the other.
 *
 * A program that starts from the same place again compiles only the files that have changed, which takes a
 * fraction of the time.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";
import {
  adapterCommand,
  applyMutant,
  readSource,
  writeWorkspace,
} from "./mutate.ts";
import type { SourceTree } from "./source_tree.ts";

/** A copy of the workspace in a temporary folder, which is removed when the copy is disposed. */
export class MutableCopy implements AsyncDisposable {
  /** The command that starts the adapter of the copy. */
  readonly command: string;
  readonly #folder: URL;
  readonly #source: SourceTree;
  /** The paths of the files that are not as in the source. */
  #changed: ReadonlySet<string> = new Set();

  private constructor(folder: URL, source: SourceTree) {
    this.#folder = folder;
    this.#source = source;
    this.command = adapterCommand(folder);
  }

  /** Copies the library as it is. */
  static async create(): Promise<MutableCopy> {
    const source = await readSource();
    const path = await Deno.makeTempDir({ prefix: "gotalk-mutant-" });
    await using stack = new AsyncDisposableStack();
    const copy = stack.use(new MutableCopy(new URL(`file://${path}/`), source));
    await writeWorkspace(source, copy.#folder);
    stack.move(); // Its owner disposes it from now on.
    return copy;
  }

  /**
   * Makes the changes of a mutant, in the place of those of the mutant before. Adapters that run do not
   * notice.
   *
   * @throws {Error} If a change cannot be made.
   */
  async become(mutant: Pick<Mutant, "name" | "edits">): Promise<void> {
    const tree = this.#source.copy();
    applyMutant(mutant, tree);
    const changed = new Set(
      [...tree.files].filter(([path, text]) =>
        text !== this.#source.files.get(path)
      ).map(([path]) => path),
    );
    const paths = this.#changed.union(changed);
    this.#changed = paths; // Until all of them are written.
    for (const path of paths) {
      const text = tree.files.get(path)!;
      await Deno.writeTextFile(new URL(path, this.#folder), text);
    }
    this.#changed = changed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** How many mutants are tried for each core by default: most cases that fail wait for something. */
const MUTANTS_OF_A_CORE = 2;

/** A fixed number of copies, which are that many mutants at the same time. */
export class Copies implements AsyncDisposable {
  readonly #copies: readonly MutableCopy[];
  readonly #stack: AsyncDisposableStack;

  private constructor(
    copies: readonly MutableCopy[],
    stack: AsyncDisposableStack,
  ) {
    this.#copies = copies;
    this.#stack = stack;
  }

  /** Makes copies; two for each core if no number is given. */
  static async create(
    count: number = MUTANTS_OF_A_CORE * navigator.hardwareConcurrency,
  ): Promise<Copies> {
    await using stack = new AsyncDisposableStack();
    const copies: MutableCopy[] = [];
    while (copies.length < count) {
      copies.push(stack.use(await MutableCopy.create()));
    }
    return new Copies(copies, stack.move());
  }

  /**
   * Works on the entries of a list, as many at a time as there are copies, each with one of its own.
   *
   * @throws What fails first, or the reason of the signal; nobody works with a copy any more then.
   */
  async each<T>(
    list: readonly T[],
    work: (entry: T, copy: MutableCopy) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<void> {
    const waiting = [...list];
    const failures: unknown[] = [];
    await Promise.all(this.#copies.map(async (copy) => {
      try {
        for (let next; (next = waiting.shift()) !== undefined;) {
          signal?.throwIfAborted();
          await work(next, copy);
        }
      } catch (error) {
        failures.push(error);
        waiting.length = 0;
      }
    }));
    if (failures.length > 0) throw failures[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}
