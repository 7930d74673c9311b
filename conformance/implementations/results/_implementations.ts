/**
 * The implementations that the corpus is run with, and how each is started.
 *
 * @module
 */

import { messageOf, UsageError } from "../../runner/commands/_command.ts";

const ROOT = new URL("../../../", import.meta.url);
const ADAPTERS = new URL("../adapters/", import.meta.url);
const KNOWN = new URL("../known/", import.meta.url);

/** The Go module that also has gotalk.js. */
const GO_MODULE = "github.com/rsms/gotalk@v1.3.7";

/** An implementation that the corpus is run with. */
export interface AvailableImplementation {
  /** What it is called here and in the table of known defects. */
  readonly key: string;
  /** The arguments of the command `run`. */
  readonly args: readonly string[];
  /** What is said of it in the table, beside what it says of itself. */
  readonly remark?: string;
}

/** Where a checkout of python-gotalk is, which is on no registry. */
export interface AvailableImplementationOptions {
  /** The folder of the checkout. */
  readonly pythonGotalk?: string | undefined;
  /** A folder for what has to be built. */
  readonly folder: string;
}

/**
 * Gets ready all implementations that can run here: ours, the Go reference and gotalk.js where there is
 * Go, our peer in Python where there is Python, and python-gotalk where it was checked out.
 *
 * @throws {Error} when something cannot be built.
 */
export async function availableImplementations(
  { pythonGotalk, folder }: AvailableImplementationOptions,
): Promise<AvailableImplementation[]> {
  const found: AvailableImplementation[] = [{
    key: "deno",
    args: ["--level=should", "--hostile"],
  }];
  if (await isThere("go", "version")) {
    const program = `${folder}/gotalk-adapter`;
    await output("go", ["build", "-o", program, "."], new URL("go/", ADAPTERS));
    found.push({ key: "go", args: adapter("go", program) });
    const { Dir } = JSON.parse(
      await output("go", ["mod", "download", "-json", GO_MODULE], ROOT),
    );
    found.push({
      key: "gotalk_js",
      args: adapter(
        "gotalk_js",
        Deno.execPath(),
        "run",
        "--no-config",
        "--unstable-unsafe-proto",
        // Some of its endless loops fill memory.
        "--v8-flags=--max-old-space-size=256",
        "--allow-net=127.0.0.1",
        "--allow-read",
        new URL("gotalk_js/main.js", ADAPTERS).pathname,
        `${Dir}/js/gotalk.js`,
      ),
    });
  }
  if (await isThere("python3", "--version")) {
    const program = new URL("python/adapter.py", ADAPTERS).pathname;
    found.push({
      key: "python",
      args: [
        ...adapter("python", "python3", program),
        "--level=should",
        "--hostile",
      ],
    });
    if (pythonGotalk !== undefined) {
      const path = await Deno.realPath(pythonGotalk).catch((error) => {
        throw new UsageError(
          `there is no ${pythonGotalk}: ${messageOf(error)}`,
        );
      });
      const commit = await output("git", ["rev-parse", "HEAD"], path);
      found.push({
        key: "python_gotalk",
        args: adapter(
          "python_gotalk",
          "python3",
          new URL("python_gotalk/adapter.py", ADAPTERS).pathname,
          path,
        ),
        remark: `commit ${commit.slice(0, 10)}, codec only, not run in CI`,
      });
    }
  }
  return found;
}

/** The arguments that start an adapter, with the list of what it is known to fail if there is one. */
function adapter(key: string, ...command: string[]): string[] {
  const list = new URL(`${key}.json`, KNOWN);
  const known = isFile(list) ? [`--known-failing=@${list.pathname}`] : [];
  return [
    `--adapter=${command.map((word) => `"${word}"`).join(" ")}`,
    ...known,
  ];
}

function isFile(url: URL): boolean {
  try {
    return Deno.statSync(url).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether a program is there, by running it in a harmless way. */
async function isThere(program: string, harmless: string): Promise<boolean> {
  try {
    await output(program, [harmless], ROOT);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function output(
  program: string,
  args: string[],
  cwd: URL | string,
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  if (success) return decoder.decode(stdout).trim();
  throw new Error(
    `Cannot run ${program} ${args.join(" ")}: ${decoder.decode(stderr)}`,
  );
}
