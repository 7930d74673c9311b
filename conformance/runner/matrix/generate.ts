/**
 * Writes the generated files of the corpus.
 *
 * `deno run -A conformance/runner/matrix/generate.ts` rewrites them, in a checkout of the project. Then run
 * `conformance/runner/cases/manifest.ts`.
 *
 * @module
 */

import { generatedFiles } from "./generated.ts";

if (import.meta.main) {
  const corpus = new URL("../../corpus/", import.meta.url);
  for (const [path, text] of generatedFiles()) {
    await Deno.writeTextFile(new URL(path, corpus), text);
  }
}
