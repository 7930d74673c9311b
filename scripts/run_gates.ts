/**
 * Runs every gate that is not a test.
 *
 * @module
 */

import { runSteps } from "./_steps.ts";
import config from "../deno.json" with { type: "json" };

/**
 * The entries that do without `Deno`. The main one runs in browsers as well, and reaches what needs
 * `Deno` only when that is asked for; interop/ loads its bundle in one.
 */
const PORTABLE = ["./codec", "./peer", "./transport"];

const entries = Object.entries<string>(config.exports);
const portable = entries.filter(([name]) => PORTABLE.includes(name));

const passed = await runSteps([
  { name: "format", args: ["fmt", "--check"] },
  { name: "lint", args: ["lint"] },
  { name: "types", args: ["check"] },
  {
    name: "types in a browser",
    args: [
      "check",
      "--config=browser.json",
      ...portable.map(([, path]) => path),
    ],
  },
  {
    name: "documentation",
    args: ["doc", "--lint", ...entries.map(([, path]) => path)],
  },
  {
    name: "module graph",
    args: [
      "run",
      "--allow-read=.",
      `--allow-run=${Deno.execPath()}`,
      "scripts/module_graph.ts",
    ],
  },
  { name: "publish", args: ["publish", "--dry-run", "--allow-dirty"] },
]);

Deno.exit(passed ? 0 : 1);
