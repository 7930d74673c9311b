import { assertEquals, assertMatch } from "@std/assert";
import committed from "../../corpus/manifest.json" with { type: "json" };
import { makeManifest } from "./manifest.ts";

Deno.test("the manifest and the statements are up to date", async () => {
  const made = await makeManifest();
  for (const [name, text] of Object.entries(made)) {
    const file = new URL(`../../corpus/${name}.json`, import.meta.url);
    assertEquals(await Deno.readTextFile(file), text, STALE);
  }
});

const STALE = "it is stale: deno run -A conformance/runner/cases/manifest.ts";

Deno.test("files are listed with the hash of their bytes", async () => {
  for (const { path, sha256 } of committed.files) {
    const bytes = await Deno.readFile(
      new URL(`../../corpus/${path}`, import.meta.url),
    );
    const digest = await crypto.subtle.digest("SHA-256", bytes);
    assertEquals(new Uint8Array(digest).toHex(), sha256, path);
  }
  assertMatch(committed.version, /^\d+\.\d+\.\d+$/);
});
