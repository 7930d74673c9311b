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

import {
  brotliCompressSync,
  brotliDecompressSync,
  constants,
  gunzipSync,
  gzipSync,
} from "node:zlib";
import { bundlePageScript, type PageScript } from "./_page_script.ts";
import { ROOT } from "./_project_files.ts";

/** The largest size of the script, compressed with gzip, in bytes. */
const LIMIT = 15_250;

/** The name under which servers hand it out. */
const NAME = "gotalk.js";

const TARGET = new URL("http/_page_script_bytes.ts", ROOT);

/** As the module has it. */
interface CompressedFile {
  readonly gzip: string;
  readonly br?: string;
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
async function moduleOf({ code, map }: PageScript): Promise<string> {
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
async function isFresh({ code, map }: PageScript): Promise<boolean> {
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
  const script = await bundlePageScript(NAME);
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
