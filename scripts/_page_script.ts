/**
 * The entry for pages as one module, in which shorter modules take the place of
 * those that do more than a page needs.
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";
import { minify } from "terser";
import { ROOT } from "./_project_files.ts";
import { LEAN_MODULES } from "./lean_modules.ts";

/**
 * Names of members that only private modules of page/ use. They are shortened,
 * which the build refuses for one that another module has, or a public type.
 */
const INTERNAL = [
  "admit",
  "busy",
  "callHook",
  "credited",
  "drop",
  "enter",
  "flush",
  "fullest",
  "grantAll",
  "granted",
  "hasEnded",
  "isAnswered",
  "isHandling",
  "isInside",
  "isLeft",
  "isSettled",
  "merges",
  "newId",
  "notifyPayload",
  "onRemoteDrains",
  "overflow",
  "refusal",
  "remoteDrains",
  "requestPayload",
  "settle",
  "shared",
  "speaksExtensions",
  "takesCalls",
  "tooLarge",
  "unreadParts",
  "unsentBytes",
  "versionRead",
  "wake",
  "wasLeft",
  "withdraw",
];

/** What a page sees beyond the modules that the script consists of. */
const PUBLIC_TYPES = [
  "page/options.ts",
  "page/page_peer.ts",
  "peer/call_options.ts",
  "peer/peer_state.ts",
  "peer/reconnecting/reconnect_options.ts",
  "peer/remote.ts",
  "transport/channel.ts",
];

/** Throws if a name of a member is used outside the private modules of page/. */
async function checkInternal(inputs: readonly string[]): Promise<void> {
  const word = new RegExp(`\\b(?:${INTERNAL.join("|")})\\b`);
  for (const path of [...inputs, ...PUBLIC_TYPES]) {
    if (path.startsWith("page/_")) continue;
    const [found] = word.exec(await Deno.readTextFile(new URL(path, ROOT))) ??
      [];
    if (found) throw new Error(`${path} has ${found}: it cannot be shortened`);
  }
}

/** Takes the shorter modules, and none of which nothing is used. */
const takeLean: Plugin = {
  name: "lean",
  setup({ onResolve }) {
    onResolve({ filter: /^\./ }, ({ path, resolveDir }) => {
      const { pathname } = new URL(path, `file://${resolveDir}/`);
      const lean = LEAN_MODULES.get(pathname.slice(ROOT.pathname.length));
      return {
        path: lean === undefined ? pathname : ROOT.pathname + lean,
        sideEffects: false,
      };
    });
  },
};

/** A script for pages. */
export interface PageScript {
  /** The minified module. */
  readonly code: string;
  /** Its source map, which contains the sources. */
  readonly map: string;
  /** What each source adds, in bytes. */
  readonly modules: ReadonlyMap<string, number>;
}

/** Builds the script, under the name that it and its map will have. */
export async function bundlePageScript(name: string): Promise<PageScript> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT.pathname,
    entryPoints: ["browser.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    // A field without a value needs no code.
    tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
    metafile: true,
    sourcemap: true,
    write: false,
    outfile: name,
    plugins: [takeLean],
  });
  await stop();
  await checkInternal(Object.keys(metafile.inputs));
  const textOf = (end: string) =>
    outputFiles.find(({ path }) => path.endsWith(end))!.text;
  const { code, map } = await minify(textOf(".js"), {
    module: true,
    ecma: 2020,
    compress: {
      // Names of parameters and early returns compress better as they are.
      conditionals: false,
      if_return: false,
      inline: 1,
      keep_fargs: false,
      passes: 3,
      pure_getters: true,
      pure_new: true,
      unsafe_arrows: true,
      unsafe_methods: true,
    },
    mangle: {
      properties: { regex: new RegExp(`^(?:${INTERNAL.join("|")})$`) },
    },
    sourceMap: {
      content: textOf(".js.map"),
      filename: name,
      url: `${name}.map`,
      includeSources: true,
    },
  });
  const [output] = Object.entries(metafile.outputs)
    .filter(([path]) => path.endsWith(".js"))
    .map(([, output]) => output);
  const modules = Object.entries(output!.inputs)
    .map(([path, { bytesInOutput }]) => [path, bytesInOutput] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, one], [, other]) => other - one);
  return { code: code!, map: map as string, modules: new Map(modules) };
}
