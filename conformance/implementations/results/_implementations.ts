/**
 * The implementations that the corpus is run against, and how to start each.
 *
 * @module
 */

import { messageOf, UsageError } from "../../runner/command_line/command.ts";

const ROOT = new URL("../../../", import.meta.url);
const ADAPTERS = new URL("../adapters/", import.meta.url);
const KNOWN = new URL("../known/", import.meta.url);

/** The Go module that also has gotalk.js. */
const GO_MODULE = "github.com/rsms/gotalk@v1.3.7";

/** An implementation that can run here. */
export interface AvailableImplementation {
  /** Its name here and in the table of known defects. */
  readonly key: string;
  /** The arguments of the command `run`, once for each run whose results belong together. */
  readonly runs: readonly (readonly string[])[];
  /** A remark for the table of results. */
  readonly remark?: string;
}

/** Where to find and build implementations. */
export interface AvailableImplementationOptions {
  /** The folder of a checkout of python-gotalk, which is on no registry. */
  readonly pythonGotalk?: string | undefined;
  /** A folder for what has to be built. */
  readonly folder: string;
}

/**
 * Prepares all implementations that can run here: the library of this project and its script for pages, the Go
 * reference and gotalk.js if Go is installed, the peer in Java if a JDK is installed, the peer in Python if Python is installed, and
 * python-gotalk if there is a checkout.
 *
 * @throws {Error} If something cannot be built.
 */
export async function availableImplementations(
  { pythonGotalk, folder }: AvailableImplementationOptions,
): Promise<AvailableImplementation[]> {
  const own = new URL("deno/main.ts", ADAPTERS).pathname;
  const found: AvailableImplementation[] = [{
    key: "deno",
    runs: [
      ["--level=should"],
      [
        // Hostile cases measure its memory, so it needs a process of its own.
        ...adapter("deno", Deno.execPath(), "run", "--allow-all", own),
        "--suite=hostile",
      ],
    ],
  }, {
    key: "page",
    runs: [adapter(
      "page",
      Deno.execPath(),
      "run",
      "--allow-all",
      new URL("page/main.ts", ADAPTERS).pathname,
    )],
    remark: "the script for pages, in Deno",
  }];
  if (await isThere("go", "version")) {
    const program = `${folder}/gotalk-adapter`;
    await output("go", ["build", "-o", program, "."], new URL("go/", ADAPTERS));
    found.push({ key: "go", runs: [adapter("go", program)] });
    const { Dir } = JSON.parse(
      await output("go", ["mod", "download", "-json", GO_MODULE], ROOT),
    );
    found.push({
      key: "gotalk_js",
      runs: [adapter(
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
      )],
    });
  }
  if (await isThere("javac", "-version")) {
    const classes = `${folder}/java`;
    const what = ["-d", classes, "-sourcepath", ".", "adapter/Adapter.java"];
    await output("javac", what, new URL("java/", ADAPTERS));
    found.push({
      key: "java",
      runs: [[
        ...adapter(
          "java",
          "java",
          // A run is over before more of its compiler and collector would pay.
          "-XX:TieredStopAtLevel=1",
          "-XX:+UseSerialGC",
          "-cp",
          classes,
          "adapter.Adapter",
        ),
        // Its decoder reads byte by byte, so some of the ways to cut suffice.
        "--skip=codec/**/chunk:split@*",
      ]],
    });
  }
  if (await isThere("python3", "--version")) {
    const program = new URL("python/adapter.py", ADAPTERS).pathname;
    found.push({
      key: "python",
      runs: [[
        ...adapter("python", "python3", program),
        "--hostile",
      ]],
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
        runs: [adapter(
          "python_gotalk",
          "python3",
          new URL("python_gotalk/adapter.py", ADAPTERS).pathname,
          path,
        )],
        remark: `commit ${commit.slice(0, 10)}, codec only, not run in CI`,
      });
    }
  }
  return found;
}

/** Returns the arguments that start an adapter, with its list of known failures if there is one. */
function adapter(key: string, ...command: string[]): string[] {
  const list = new URL(`${key}.json`, KNOWN);
  const known = isFile(list) ? [`--known-failing=@${list.pathname}`] : [];
  return [
    `--adapter=${command.map((word) => `"${word}"`).join(" ")}`,
    "--level=should",
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

/** Returns whether a program is installed, by running it in a harmless way. */
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
