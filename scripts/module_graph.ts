/**
 * Holds the module graph against the arrows of the design: who may import
 * whom. Run as a program it prints what breaks a rule.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/** One module of the project. */
export interface Module {
  /** Its path from the root of the project: `codec/mod.ts`. */
  path: string;
  /** What it imports: paths of the project, or `jsr:@std/bytes` and the like. */
  imports: string[];
  text: string;
}

/** Where the export map points: what a user of the package can import. */
export const ENTRIES: readonly string[] = Object.values<string>(config.exports)
  .map((path) => path.replace(/^\.\//, ""));

interface Arrow {
  /** A folder of the project or a file. */
  part: string;
  /** What of the project it may import, as folders and files. */
  may: readonly string[];
  /** Whether its tests are bound as well. */
  testsToo?: boolean;
}

/** The arrows of the design, where these are the public entries. */
function arrows(entries: readonly string[]): Arrow[] {
  return [
    { part: "codec/", may: ["codec/"], testsToo: true },
    { part: "transport/", may: ["transport/"] },
    {
      part: "peer/",
      may: [
        "peer/",
        "codec/",
        "transport/channel.ts",
        "transport/spare_units.ts",
        "transport/write_units.ts",
      ],
    },
    { part: "connect.ts", may: ["codec/", "peer/", "transport/"] },
    { part: "serve.ts", may: ["codec/", "peer/", "transport/"] },
    { part: "upgrade_handler.ts", may: ["codec/", "peer/", "transport/"] },
    {
      part: "mod.ts",
      may: [
        "codec/",
        "peer/",
        "transport/",
        "connect.ts",
        "serve.ts",
        "upgrade_handler.ts",
      ],
    },
    { part: "connect_test.ts", may: [] },
    { part: "serve_test.ts", may: [] },
    { part: "upgrade_handler_test.ts", may: [] },
    { part: "readme_test.ts", may: [] },
    { part: "mod_test.ts", may: ["mod.ts"], testsToo: true },
    ...["cli/", "examples/", "interop/", "bench/", "conformance/", "scripts/"]
      .map(
        (part) => ({ part, may: [part, "deno.json", ...entries] }),
      ),
  ];
}

/** What users load. It must stay small and run anywhere. */
const CORE = ["mod.ts", "codec/", "peer/", "transport/"];

/** All that the core may import from outside. */
const CORE_PACKAGES = ["jsr:@std/bytes", "jsr:@std/streams"];

/** What must run where there is no `Deno`. */
const PORTABLE = ["mod.ts", "codec/", "peer/"];

/** Names each import and each file that breaks a rule, and the rule. */
export function violations(
  modules: readonly Module[],
  entries: readonly string[] = ENTRIES,
): string[] {
  const found: string[] = [];
  const rules = arrows(entries);
  const byPath = new Map(modules.map((module) => [module.path, module]));
  const published = reachable(byPath, entries);

  for (const entry of entries) {
    if (!byPath.has(entry)) {
      found.push(`${entry} is in the export map, but not in the project`);
    }
  }
  for (const { path, imports, text } of modules) {
    const arrow = rules.find(({ part }) => within(path, [part]));
    if (!arrow) {
      found.push(`${path} belongs to no part of the project that has a rule`);
      continue;
    }
    const bound = arrow.testsToo || !/_(test|bench)\.ts$/.test(path);
    for (const target of imports) {
      const isOurs = !/^[a-z]+:/.test(target);
      if (isOurs && bound && !within(target, arrow.may)) {
        found.push(
          `${path} imports ${target}: ${arrow.part} may import only ` +
            arrow.may.join(", "),
        );
      }
      if (
        !isOurs && published.has(path) && within(path, CORE) &&
        !CORE_PACKAGES.includes(target)
      ) {
        found.push(
          `${path} imports ${target}: of other packages the core may import ` +
            `only ${CORE_PACKAGES.join(", ")}`,
        );
      }
    }
    const code = withoutComments(text);
    if (
      published.has(path) && within(path, PORTABLE) && /\bDeno\b/.test(code)
    ) {
      found.push(`${path} mentions Deno: ${arrow.part} must run in browsers`);
    }
    if (
      path === "mod.ts" && !/^(\s*export\b[^;]*\bfrom\b[^;]*;)*\s*$/.test(code)
    ) {
      found.push(`${path} has code of its own: it may only re-export`);
    }
  }
  return found;
}

/** The modules that one gets by importing the entries. */
function reachable(
  byPath: ReadonlyMap<string, Module>,
  entries: readonly string[],
): Set<string> {
  const paths = new Set(entries);
  for (const path of paths) { // which grows while it is walked
    for (const target of byPath.get(path)?.imports ?? []) {
      paths.add(target);
    }
  }
  return paths;
}

/** Tells whether a path is one of some files or lies in one of some folders. */
function within(path: string, places: readonly string[]): boolean {
  return places.some((place) =>
    place.endsWith("/") ? path.startsWith(place) : path === place
  );
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, "");
}

/** What `deno info --json` tells of a module, as far as it matters here. */
interface InfoModule {
  specifier: string;
  error?: string;
  dependencies?: {
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

/** Reads every module of the project. */
export async function readGraph(): Promise<Module[]> {
  const root = new URL("../", import.meta.url);
  // One root that imports every file makes one graph of all, tests included.
  const roots = await sourceFiles(root);
  const everything = roots.map((path) => `import "${new URL(path, root)}";`);
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "info",
      "--json",
      `data:text/typescript,${encodeURIComponent(everything.join(""))}`,
    ],
    cwd: root,
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const info: { modules: InfoModule[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );

  const modules: Module[] = [];
  for (const { specifier, error, dependencies = [] } of info.modules) {
    if (error) throw new Error(`Reading the module graph: ${error}`);
    if (!specifier.startsWith(root.href) || !specifier.endsWith(".ts")) {
      continue;
    }
    modules.push({
      path: shortName(specifier, root),
      imports: dependencies
        .flatMap(({ code, type }) => [code?.specifier, type?.specifier])
        .filter((target) => target !== undefined)
        .map((target) => shortName(target, root)),
      text: await Deno.readTextFile(new URL(specifier)),
    });
  }
  return modules;
}

/** The path of a file of the project, or the package of any other specifier. */
function shortName(specifier: string, root: URL): string {
  return specifier.startsWith(root.href)
    ? specifier.slice(root.href.length)
    : specifier.replace(/^([a-z]+:(?:@[^/]+\/)?[^/@]+).*/, "$1");
}

/** Lists the source files of the project. */
async function sourceFiles(root: URL, folder = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const entry of Deno.readDir(new URL(folder, root))) {
    const path = folder + entry.name;
    if (entry.name.startsWith(".") || config.exclude.includes(path)) continue;
    if (entry.isDirectory) files.push(...await sourceFiles(root, `${path}/`));
    if (entry.name.endsWith(".ts")) files.push(path);
  }
  return files;
}

if (import.meta.main) {
  const found = violations(await readGraph());
  for (const violation of found) console.error(violation);
  Deno.exit(found.length === 0 ? 0 : 1);
}
