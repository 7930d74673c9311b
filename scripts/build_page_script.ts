/**
 * Builds the script for pages that servers hand out, `browser.ts` as one module,
 * and writes it to a module of http/, so that it needs no file at run time.
 *
 *     deno task script [--check] [--modules]
 *
 * It prints the size, and fails if that is above the limit. With `--check` it
 * writes nothing, and fails if the module is not of the present sources. With
 * `--modules` it prints what each module adds, in bytes before compression.
 *
 * @module
 */

import { build, type Plugin, stop } from "esbuild";
import { minify } from "terser";
import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
} from "node:zlib";
import { ROOT } from "./_project_files.ts";

/** The largest size of the script, compressed with gzip, in bytes. */
const LIMIT = 15_360;

/** The name under which servers hand it out. */
const NAME = "gotalk.js";

/**
 * Modules that a page can do with less of, and the shorter ones that the script
 * has instead: without what only servers need, and with shorter errors.
 */
const LEAN: ReadonlyMap<string, string> = new Map([
  ["codec/error_brand.ts", "page/lean/error_brand.ts"],
  ["codec/payload.ts", "page/lean/payload.ts"],
  ["page/option_names.ts", "page/lean/option_names.ts"],
  ["peer/checked_function.ts", "page/lean/checked_function.ts"],
  ["peer/context.ts", "page/lean/context.ts"],
  ["peer/drain_options.ts", "page/lean/drain_options.ts"],
  ["peer/handlers.ts", "page/lean/handlers.ts"],
  ["peer/operation_error_options.ts", "page/lean/operation_error_options.ts"],
  ["peer/operation_form.ts", "page/lean/operation_form.ts"],
  ["peer/reconnecting/final_failure.ts", "page/lean/final_failure.ts"],
  ["peer/requestor/result_errors.ts", "page/lean/result_errors.ts"],
  ["peer/thenable.ts", "page/lean/thenable.ts"],
  ["peer/values.ts", "page/lean/values.ts"],
  ["quoting/byte_source.ts", "page/lean/byte_source.ts"],
  ["quoting/option_names.ts", "page/lean/option_names.ts"],
  ["quoting/quote.ts", "page/lean/quote.ts"],
  ["quoting/value.ts", "page/lean/value.ts"],
  ["transport/wait_options.ts", "page/lean/wait_options.ts"],
  [
    "transport/websocket/web_socket_close_error.ts",
    "page/lean/web_socket_close_error.ts",
  ],
]);

/**
 * Names of members that only private modules of page/ use. They are shortened,
 * which the build refuses for one that another module has, or a public type.
 */
const INTERNAL = [
  "admit",
  "busy",
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
  "unreadParts",
  "unsentBytes",
  "versionRead",
  "wake",
  "wasLeft",
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
      const lean = LEAN.get(pathname.slice(ROOT.pathname.length));
      return {
        path: lean === undefined ? pathname : ROOT.pathname + lean,
        sideEffects: false,
      };
    });
  },
};

const TARGET = new URL("http/_page_script_bytes.ts", ROOT);

/** As the module has it. */
interface CompressedFile {
  readonly gzip: string;
  readonly br?: string;
}

interface Script {
  readonly code: string;
  readonly map: string;
  /** What each source adds, in bytes. */
  readonly modules: ReadonlyMap<string, number>;
}

async function bundle(): Promise<Script> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: ROOT.pathname,
    entryPoints: ["browser.ts"],
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    metafile: true,
    sourcemap: true,
    write: false,
    outfile: NAME,
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
      filename: NAME,
      url: `${NAME}.map`,
      includeSources: true,
    },
  });
  const [output] = Object.entries(metafile.outputs)
    .filter(([name]) => name.endsWith(".js"))
    .map(([, output]) => output);
  const modules = Object.entries(output!.inputs)
    .map(([name, { bytesInOutput }]) => [name, bytesInOutput] as const)
    .filter(([, bytes]) => bytes > 0)
    .sort(([, one], [, other]) => other - one);
  return { code: code!, map: map as string, modules: new Map(modules) };
}

function brotli(text: string): Uint8Array {
  const { BROTLI_PARAM_QUALITY, BROTLI_MAX_QUALITY } = constants;
  const params = { [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY };
  return brotliCompressSync(text, { params });
}

function gzip(text: string): Uint8Array {
  return gzipSync(text, { level: 9 });
}

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return new Uint8Array(hash).toHex().slice(0, 32);
}

/** Returns the text of the module. */
async function moduleOf({ code, map }: Script): Promise<string> {
  const base64 = (bytes: Uint8Array) => new Uint8Array(bytes).toBase64();
  return `/**
 * The script for pages and its map, compressed, in base 64. Written by
 * \`deno task script\`.
 *
 * @module
 */

/** A file in its compressions, and the hash of its text. */
export interface CompressedFile {
  readonly hash: string;
  readonly gzip: string;
  readonly br?: string;
}

/** The script. */
export const SCRIPT: CompressedFile = {
  hash: "${await hashOf(code)}",
  gzip: "${base64(gzip(code))}",
  br: "${base64(brotli(code))}",
};

/** Its source map. */
export const SCRIPT_MAP: CompressedFile = {
  hash: "${await hashOf(map)}",
  gzip: "${base64(gzip(map))}",
};
`;
}

/** Returns whether the module has these texts. Their compressions differ between versions of the runtime. */
async function isFresh({ code, map }: Script): Promise<boolean> {
  const { SCRIPT, SCRIPT_MAP }: {
    readonly [Name in "SCRIPT" | "SCRIPT_MAP"]: CompressedFile;
  } = await import(TARGET.href);
  const decoder = new TextDecoder();
  const unzipped = ({ gzip }: CompressedFile) =>
    decoder.decode(gunzipSync(Uint8Array.fromBase64(gzip)));
  const br = brotliDecompressSync(Uint8Array.fromBase64(SCRIPT.br!));
  return decoder.decode(br) === code && unzipped(SCRIPT) === code &&
    unzipped(SCRIPT_MAP) === map;
}

if (import.meta.main) {
  const script = await bundle();
  const { byteLength: compressed } = gzip(script.code);
  if (Deno.args.includes("--modules")) {
    for (const [name, bytes] of script.modules) {
      console.log(`${String(bytes).padStart(6)} ${name}`);
    }
  }
  console.log(
    `${NAME}: ${compressed} bytes with gzip, ${
      brotli(script.code).byteLength
    } with brotli, ${script.code.length} without; wanted at most ${LIMIT}`,
  );
  let failed = compressed > LIMIT;
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(TARGET, await moduleOf(script));
    const { pathname } = TARGET;
    await new Deno.Command(Deno.execPath(), { args: ["fmt", "-q", pathname] })
      .output();
  } else if (!await isFresh(script)) {
    failed = true;
    console.log("The script is not of these sources: run deno task script");
  }
  Deno.exit(failed ? 1 : 0);
}
