/**
 * Puts the std packages that the workspace imports into vendor/, where Deno
 * finds them before it contacts any registry. They come from JSR. Where JSR does not
 * answer, the same code comes from npm, in the layout that Deno itself writes.
 *
 * Every task runs this first. It imports nothing from outside the project, so
 * that it can always start. To set up anew, remove vendor/.
 *
 * Two settings of deno.json belong to this. There is no lock file, since it
 * would hold the checksums of either source and refuse the other. And the npm
 * packages of tests and of the conformance suite stand under "scopes" of the
 * root, since `deno task` fetches those that stand under "imports" before it
 * starts anything, with the certificates of the runtime only. Those of published
 * entries stand under "imports" nevertheless: a program that links the package
 * does not see its "scopes".
 *
 * @module
 */

import {
  type Files,
  type Package,
  type Requirement,
  requirements,
  satisfies,
  toJsr,
  vendorFolder,
  versionMeta,
} from "./_vendor_layout.ts";

/** The npm package that holds std as plain JavaScript, and what it hashes to. */
const NPM = {
  name: "deno-std",
  version: "1.4.0",
  integrity:
    "sha512-7c0Y6tyn0Sx0NKiaAeGtDwrpG+C7VFcOStVcYXPnjAuIEonxzVV+n6s8iuFjg6keqzxo/zrPbR/J9EY9BLNsRA==",
} as const;

/** How long JSR may take to answer before npm is used, in milliseconds. */
const PROBE_MS = 3_000;

/** How long Deno may take to fetch from either, in milliseconds. */
const FETCH_MS = 120_000;

const root = new URL("../", import.meta.url);

/** Runs this Deno quietly, and returns its error output if it fails. */
async function deno(cwd: URL, ...args: string[]): Promise<string | undefined> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { NO_COLOR: "1" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
    signal: AbortSignal.timeout(FETCH_MS),
  }).output();
  if (success) return undefined;
  return new TextDecoder().decode(stderr).trim() ||
    `no answer in ${FETCH_MS} ms`;
}

/** Fetches the packages from JSR. Returns the reason if that fails. */
async function fromJsr(
  base: URL,
  scope: URL,
  wanted: Requirement[],
): Promise<string | undefined> {
  // Deno itself retries for a long time, so first see whether JSR answers.
  try {
    const response = await fetch(
      new URL(`@std/${wanted[0]?.name}/meta.json`, base),
      { signal: AbortSignal.timeout(PROBE_MS) },
    );
    await response.body?.cancel();
    if (!response.ok) return `it answers with status ${response.status}`;
  } catch (error) {
    const { cause = error } = error as Error;
    return cause instanceof Error ? cause.message : String(cause);
  }
  // Versions from npm that an earlier run left would hide those from JSR.
  await removeFolder(scope);
  const failure = await deno(
    root,
    "cache",
    "--quiet",
    ...wanted.map(({ name, range }) => `jsr:@std/${name}@${range}`),
  );
  if (!failure) await writeStamp(scope, wanted);
  return failure;
}

/**
 * Fills the folder of the scope from npm. All is prepared in a folder next to
 * it, and takes its place in one step, so that an interruption leaves nothing
 * that looks complete. Returns the reason if that fails.
 */
async function fromNpm(
  scope: URL,
  wanted: Requirement[],
): Promise<string | undefined> {
  const unmet = wanted.find(({ range }) => !satisfies(NPM.version, range));
  if (unmet) return `it holds no @std/${unmet.name}@${unmet.range}`;

  const staging = new URL(`../.setup-${Deno.pid}/`, scope);
  const ready = new URL("ready/", staging);
  try {
    const failure = await installNpm(staging);
    if (failure) return failure;
    const names = new Set(wanted.map(({ name }) => name));
    for (const name of names) { // which grows while it is walked
      const folder = name.replaceAll("-", "_");
      const source = new URL(`node_modules/${NPM.name}/${folder}/`, staging);
      const files = await readFiles(source).catch(ignoreMissing);
      if (!files) return `it holds no @std/${name}`;
      const made = toJsr(folder, NPM.version, files);
      await writePackage(ready, name, made);
      for (const need of made.needs) names.add(need);
    }
    await writeStamp(ready, wanted);
    await removeFolder(scope);
    await Deno.rename(ready, scope);
    return undefined;
  } finally {
    await removeFolder(staging);
  }
}

/**
 * Installs the npm package in a separate project, whose lock file pins its
 * content. Deno's own client does it, with the user's settings for npm.
 * Returns the reason if that fails.
 */
async function installNpm(project: URL): Promise<string | undefined> {
  const id = `${NPM.name}@${NPM.version}`;
  const dependency = `npm:${id}`;
  await writeJson(new URL("deno.json", project), {
    imports: { [NPM.name]: dependency },
    nodeModulesDir: "auto",
  });
  await writeJson(new URL("deno.lock", project), {
    version: "5",
    specifiers: { [dependency]: NPM.version },
    npm: { [id]: { integrity: NPM.integrity } },
    workspace: { dependencies: [dependency] },
  });
  await Deno.copyFile(new URL(".npmrc", root), new URL(".npmrc", project))
    .catch(ignoreMissing);
  return await deno(project, "install", "--quiet", "--frozen");
}

/** Writes one package into the folder of its scope, as Deno would. */
async function writePackage(
  scope: URL,
  name: string,
  made: Package,
): Promise<void> {
  const { version } = NPM;
  const home = new URL(`${name}/`, scope);
  for (const [path, text] of made.files) {
    await writeText(new URL(`${version}/${path}`, home), text);
  }
  await writeJson(
    new URL(`${version}_meta.json`, home),
    await versionMeta(made),
  );
  await writeJson(new URL("meta.json", home), {
    scope: "std",
    name,
    latest: version,
    versions: { [version]: {} },
  });
}

/** Reads the text of every file under a folder. */
async function readFiles(folder: URL, prefix = ""): Promise<Files> {
  const files: Files = new Map();
  for await (const entry of Deno.readDir(new URL(prefix, folder))) {
    const path = prefix + entry.name;
    if (entry.isDirectory) {
      for (const file of await readFiles(folder, `${path}/`)) {
        files.set(...file);
      }
    } else {
      files.set(path, await Deno.readTextFile(new URL(path, folder)));
    }
  }
  return files;
}

async function writeText(file: URL, text: string): Promise<void> {
  await Deno.mkdir(new URL(".", file), { recursive: true });
  await Deno.writeTextFile(file, text);
}

async function writeJson(file: URL, value: unknown): Promise<void> {
  await writeText(file, JSON.stringify(value, null, 2));
}

async function removeFolder(folder: URL): Promise<void> {
  await Deno.remove(folder, { recursive: true }).catch(ignoreMissing);
}

function ignoreMissing(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** The file that lists the requirements for which a scope is complete. */
function stampOf(scope: URL): URL {
  return new URL(".complete", scope);
}

function stampText(wanted: Requirement[]): string {
  return wanted.map(({ name, range }) => `${name}@${range}\n`).join("");
}

async function writeStamp(scope: URL, wanted: Requirement[]): Promise<void> {
  await writeText(stampOf(scope), stampText(wanted));
}

async function isComplete(scope: URL, wanted: Requirement[]): Promise<boolean> {
  const stamp = await Deno.readTextFile(stampOf(scope)).catch(() => "");
  return stamp === stampText(wanted);
}

/** Reads the std packages that the members of the workspace import. */
async function readRequirements(): Promise<Requirement[]> {
  const read = async (folder: string) =>
    JSON.parse(await Deno.readTextFile(new URL(`${folder}/deno.json`, root)));
  const config = await read(".");
  const members = await Promise.all<typeof config>(
    (config.workspace ?? []).map(read),
  );
  return [config, ...members].flatMap(({ imports = {} }) =>
    requirements(imports)
  );
}

/** Fills vendor/ with what the workspace imports, and returns the exit code. */
async function setup(): Promise<number> {
  const wanted = await readRequirements();
  const base = new URL(Deno.env.get("JSR_URL") ?? "https://jsr.io/");
  const scope = new URL(`vendor/${vendorFolder(base)}/@std/`, root);
  if (await isComplete(scope, wanted)) return 0;

  const noJsr = await fromJsr(base, scope, wanted);
  if (noJsr === undefined) return 0;
  const noNpm = await fromNpm(scope, wanted);
  if (noNpm === undefined) {
    console.error(
      `JSR does not answer, took std from npm (${NPM.name} ${NPM.version})`,
    );
    return 0;
  }
  const packages = wanted.map(({ name }) => `@std/${name}`).join(", ");
  console.error(
    `Cannot set up ${packages}: neither registry answers as wanted\n` +
      `  JSR: ${noJsr}\n  npm (${NPM.name} ${NPM.version}): ${noNpm}`,
  );
  return 1;
}

if (import.meta.main) Deno.exit(await setup());
