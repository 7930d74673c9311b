/**
 * Checks the module graph against the design: which room may import from
 * which, no circles of files, and no import of what is private to another
 * folder. Run as a program it prints each import that breaks a rule.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import conformance from "../conformance/deno.json" with { type: "json" };
import { circles } from "./_circles.ts";
import { isTest, projectFiles, ROOT } from "./_project_files.ts";
import {
  canSee,
  ENTRIES_ROOM,
  mayImport,
  type Room,
  roomOf,
} from "./_rooms.ts";

/** One module of the project. */
export interface Module {
  /** Its path from the root of the project: `codec/mod.ts`. */
  path: string;
  /**
   * What it imports: paths of the project, or `jsr:@std/bytes` and the like.
   */
  imports: string[];
  /** Those of its imports that are written as a path, not as a name. */
  relative: string[];
  /** Those of its imports that are written as an absolute path or a URL of a file. */
  absolute: string[];
  /** Those of its imports that could not be resolved. */
  unresolved: string[];
  text: string;
  /** Whether an entry exports it, or names of it. */
  exported: boolean;
}

/** Where the export maps point: what users of the packages can import. */
export const ENTRIES: readonly string[] = [
  ...entriesOf("", config.exports),
  ...entriesOf("conformance/", conformance.exports),
];

function entriesOf(folder: string, map: Record<string, string>): string[] {
  return Object.values(map).map((path) => path.replace(/^\.\//, folder));
}

/** The folder of the second package of the workspace. */
const SECOND_PACKAGE = "conformance/";

/** All that the library may import from outside. */
const LIBRARY_PACKAGES = ["jsr:@std/bytes", "jsr:@std/streams"];

/**
 * The files that use modules of Node: its TLS, as Deno's cannot end a handshake,
 * and its sockets, for Node and Bun. They are loaded on demand.
 */
const USES_NODE = /^transport\/(_node_\w+|node)\.ts$/;

/** The parts of the library that must run where there is no `Deno`. */
const PORTABLE = /^((mod|browser)\.ts|codec\/|page\/|peer\/|quoting\/)/;

/** What the comment of a module says that the package keeps to itself. */
const INTERNAL = /^\/\*\*(?:(?!\*\/)[^])*\bInternal to the package\./;

/** The rooms that are internal as a whole, so that their files need not say it. */
const INTERNAL_ROOMS = /^peer\/(link|requestor|responder)\//;

/** Files that would be modules, but that the rules cannot be checked for. */
const OTHER_MODULES = [".js", ".mjs", ".cjs", ".jsx", ".mts", ".cts", ".tsx"];

/** Where such files belong: programs that run elsewhere, and import nothing of the packages. */
const OTHER_PROGRAMS =
  /^(examples\/browser|conformance\/(implementations|packages\/npm))\//;

/** Names each file and each import that breaks a rule, and the rule. */
export function violations(
  modules: readonly Module[],
  entries: readonly string[] = ENTRIES,
): string[] {
  const paths = new Set(modules.map(({ path }) => path));
  return [
    ...entries.filter((path) => !paths.has(path))
      .map((path) => `${path} is in an export map, but not in the project`),
    ...modules.flatMap((module) => {
      const room = roomOf(module.path);
      if (!room) return [`${module.path} lies in no room that has a rule`];
      return [
        ...module.imports.flatMap((target) =>
          brokenBy(module, room, target, entries)
        ),
        ...module.absolute.map((target) =>
          `${module.path} imports ${target} by an absolute path`
        ),
        ...module.unresolved.map((target) =>
          `${module.path} imports ${target}, which cannot be resolved`
        ),
        ...brokenByText(module, room),
      ];
    }),
    ...circleViolations(modules),
  ];
}

/** Names the rules that one import breaks. */
function brokenBy(
  { path, relative }: Module,
  room: Room,
  target: string,
  entries: readonly string[],
): string[] {
  const complaints: string[] = [];
  const complain = (text: string) =>
    complaints.push(`${path} imports ${target}: ${text}`);

  if (isForeign(target)) {
    const isAllowed = LIBRARY_PACKAGES.includes(target) ||
      (USES_NODE.test(path) && target.startsWith("node:"));
    if (isLibrary(room) && !isTest(path) && !isAllowed) {
      const allowed = LIBRARY_PACKAGES.join(", ");
      complain(`of other packages the library may import only ${allowed}`);
    }
    return complaints;
  }
  const may = mayImport(path, room);
  const home = roomOf(target);
  const isAllowed = home === room || may.includes(home?.name ?? "") ||
    (may.includes(ENTRIES_ROOM) && entries.includes(target));
  if (!isAllowed) {
    const others = may.length > 0
      ? `may import only ${may.join(", ")}`
      : "imports no other room";
    complain(`${room.name} ${others}`);
  }
  const measures = isTest(path) || path.startsWith("bench/");
  if (isAllowed && /(^|\/)testing\//.test(target) && !measures) {
    complain("only tests and benchmarks may import it");
  }
  if (!canSee(path, target)) complain("it is private to another folder");
  const crosses = path.startsWith(SECOND_PACKAGE) !==
    target.startsWith(SECOND_PACKAGE);
  if (
    crosses && entries.includes(target) && relative.includes(target)
  ) {
    complain("another package is imported by its name");
  }
  return complaints;
}

/** Names the rules that the text of a file breaks. */
function brokenByText(
  { path, text, exported }: Module,
  room: Room,
): string[] {
  const isInternal = !exported && !INTERNAL_ROOMS.test(path) &&
    !/(^|\/)_/.test(path);
  if (
    isLibrary(room) && path.endsWith(".ts") && !isTest(path) &&
    INTERNAL.test(text) !== isInternal
  ) {
    return [
      isInternal
        ? `${path} does not say "Internal to the package.", but no entry exports it`
        : `${path} says "Internal to the package.", but is ${
          exported ? "exported by an entry" : "private, or in an internal room"
        }`,
    ];
  }
  const code = text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
  if (!isTest(path) && PORTABLE.test(path) && /\bDeno\b/.test(code)) {
    return [`${path} mentions Deno: ${room.name} must run in browsers`];
  }
  if (
    room.name === "the faces" &&
    !/^(\s*export\b[^;]*\bfrom\b[^;]*;)*\s*$/.test(code)
  ) {
    return [`${path} declares something: it may only re-export`];
  }
  return [];
}

/** Names a circle of each set of files that circles tie together. */
function circleViolations(modules: readonly Module[]): string[] {
  const graph = new Map(modules.map(({ path, imports }) => [path, imports]));
  return circles(graph).map(({ size, shortest }) => {
    const among = size >= shortest.length
      ? `, the shortest among ${size} files that circles tie together`
      : "";
    return `${shortest.join(" -> ")} is a circle${among}`;
  });
}

function isForeign(target: string): boolean {
  return /^[a-z]+:/.test(target);
}

function isLibrary({ may }: Room): boolean {
  return !may.includes(ENTRIES_ROOM);
}

/** The part of a module in the output of `deno info --json` that this reads. */
interface InfoModule {
  specifier: string;
  error?: string;
  dependencies?: Dependency[];
}

/** What a module imports: the code, and the types if they come from elsewhere. */
interface Dependency {
  specifier: string;
  code?: { specifier?: string };
  type?: { specifier?: string };
}

/** Reads every module of the project. */
export async function readGraph(): Promise<Module[]> {
  // One root that imports every file makes one graph of all, tests included.
  const roots = await projectFiles([".ts"]);
  const others = (await projectFiles(OTHER_MODULES))
    .filter((path) => !OTHER_PROGRAMS.test(path));
  if (others.length > 0) {
    throw new Error(
      `Cannot read the module graph: got ${
        others.join(", ")
      }, wanted TypeScript`,
    );
  }
  const everything = roots.map((path) => `import "${new URL(path, ROOT)}";`);
  const info: { modules: InfoModule[] } = JSON.parse(
    await deno(
      "info",
      "--json",
      `data:text/typescript,${encodeURIComponent(everything.join(""))}`,
    ),
  );

  const exported = await exportedFiles();
  const modules: Module[] = [];
  for (const { specifier, error, dependencies = [] } of info.modules) {
    if (error) throw new Error(`Cannot read the module graph: ${error}`);
    if (!specifier.startsWith(ROOT.href) || !specifier.endsWith(".ts")) {
      continue;
    }
    const written = (pattern: RegExp) =>
      dependencies.filter((each) => pattern.test(each.specifier))
        .flatMap(targetsOf);
    modules.push({
      path: shortName(specifier),
      imports: dependencies.flatMap(targetsOf),
      relative: written(/^\./),
      absolute: written(/^(\/|file:)/),
      unresolved: dependencies.filter((each) => targetsOf(each).length === 0)
        .map(({ specifier }) => specifier),
      text: await Deno.readTextFile(new URL(specifier)),
      exported: exported.has(specifier),
    });
  }
  return modules;
}

/** The part of the output of `deno doc --json` that this reads: the exports of each entry. */
interface Documentation {
  nodes: Record<string, { symbols?: DocumentedSymbol[] }>;
}

/** An exported name, and where it is declared. */
interface DocumentedSymbol {
  declarations: { location: { filename: string } }[];
}

/** Returns the URLs of the entries of the library, and of the files whose names they export. */
async function exportedFiles(): Promise<ReadonlySet<string>> {
  const { nodes }: Documentation = JSON.parse(
    await deno("doc", "--json", ...Object.values(config.exports)),
  );
  return new Set(
    Object.entries(nodes).flatMap(([entry, { symbols = [] }]) => [
      entry,
      ...symbols.flatMap(({ declarations }) =>
        declarations.map(({ location }) => location.filename)
      ),
    ]),
  );
}

/** Runs a command of Deno in the folder of the project, and returns its output. */
async function deno(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What a dependency leads to: one target, or one for the code and one for its types. */
function targetsOf({ code, type }: Dependency): string[] {
  const found = [code?.specifier, type?.specifier].filter((each) =>
    each !== undefined
  );
  return [...new Set(found.map(shortName))];
}

/** The path of a file of the project, or the package of any other specifier. */
function shortName(specifier: string): string {
  return specifier.startsWith(ROOT.href)
    ? specifier.slice(ROOT.href.length)
    : specifier.replace(/^([a-z]+:\/?(?:@[^/]+\/)?[^/@]+).*/, "$1");
}

if (import.meta.main) {
  const found = violations(await readGraph());
  for (const violation of found) console.error(violation);
  Deno.exit(found.length === 0 ? 0 : 1);
}
