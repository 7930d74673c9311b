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
  return [
    ...ownImplementations(),
    ...await isThere("go", "version") ? await goImplementations(folder) : [],
    ...await isThere("javac", "-version") ? [await javaPeer(folder)] : [],
    ...await isThere("python3", "--version")
      ? await pythonImplementations(pythonGotalk)
      : [],
  ];
}

function ownImplementations(): AvailableImplementation[] {
  const deno = [Deno.execPath(), "run", "--allow-all"];
  const own = adapter("deno", ...deno, pathOf("deno/main.ts"));
  return [
    {
      key: "deno",
      // Hostile cases measure its memory, so it needs a process of its own.
      runs: [["--level=should"], [...own, "--suite=hostile"]],
    },
    {
      key: "page",
      runs: [adapter("page", ...deno, pathOf("page/main.ts"))],
      remark: "the script for pages, in Deno",
    },
  ];
}

/** Builds the adapter of the Go reference, and finds gotalk.js, which its module has too. */
async function goImplementations(
  folder: string,
): Promise<AvailableImplementation[]> {
  const program = `${folder}/gotalk-adapter`;
  await output("go", ["build", "-o", program, "."], new URL("go/", ADAPTERS));
  const { Dir } = JSON.parse(
    await output("go", ["mod", "download", "-json", GO_MODULE], ROOT),
  );
  const javascript = adapter(
    "gotalk_js",
    Deno.execPath(),
    "run",
    "--no-config",
    "--unstable-unsafe-proto",
    // Some of its endless loops fill memory.
    "--v8-flags=--max-old-space-size=256",
    "--allow-net=127.0.0.1",
    "--allow-read",
    pathOf("gotalk_js/main.js"),
    `${Dir}/js/gotalk.js`,
  );
  return [
    { key: "go", runs: [adapter("go", program)] },
    { key: "gotalk_js", runs: [javascript] },
  ];
}

/** Builds the peer in Java. */
async function javaPeer(folder: string): Promise<AvailableImplementation> {
  const classes = `${folder}/java`;
  const what = ["-d", classes, "-sourcepath", ".", "adapter/Adapter.java"];
  await output("javac", what, new URL("java/", ADAPTERS));
  const started = adapter(
    "java",
    "java",
    // A run is over before more of its compiler and collector would pay.
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-cp",
    classes,
    "adapter.Adapter",
  );
  // Its decoder reads byte by byte, so some of the ways to cut suffice.
  return {
    key: "java",
    runs: [[...started, "--skip=codec/**/chunk:split@*"]],
    remark: "with fewer cuts of the bytes of codec cases",
  };
}

/** @param checkout The folder of a checkout of python-gotalk. */
async function pythonImplementations(
  checkout: string | undefined,
): Promise<AvailableImplementation[]> {
  const peer = adapter("python", "python3", pathOf("python/adapter.py"));
  const own = { key: "python", runs: [[...peer, "--hostile"]] };
  if (checkout === undefined) return [own];
  const path = await Deno.realPath(checkout).catch((error) => {
    throw new UsageError(`there is no ${checkout}: ${messageOf(error)}`);
  });
  const commit = await output("git", ["rev-parse", "HEAD"], path);
  const program = pathOf("python_gotalk/adapter.py");
  return [own, {
    key: "python_gotalk",
    runs: [adapter("python_gotalk", "python3", program, path)],
    remark: `commit ${commit.slice(0, 10)}, codec only, not run in CI`,
  }];
}

function pathOf(program: string): string {
  return new URL(program, ADAPTERS).pathname;
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
