/**
 * Runs every gate that is not a test. Prints a line for each, the output of
 * those that fail, and a total.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import conformance from "../conformance/deno.json" with { type: "json" };
import { begin, end, runDeno, type Step } from "./_steps.ts";
import { Tally } from "./_tally.ts";

/**
 * The entries that do without `Deno`. The main one runs in browsers as well, and reaches what needs
 * `Deno` only on demand; interop/ loads its bundle in one.
 */
const PORTABLE = ["./browser", "./codec", "./peer", "./transport"];

const entries = Object.entries<string>(config.exports);
const portable = entries.filter(([name]) => PORTABLE.includes(name));

/** A gate that is a script of this folder, which reads the project. */
function script(name: string, file: string, ...permissions: string[]): Step {
  return {
    name,
    args: ["run", "--allow-read=.", ...permissions, `scripts/${file}`],
  };
}

/** The checks that JSR makes when a package is published. */
function publish(name: string, path: string): Step {
  return {
    name: `publishing ${name}`,
    args: ["publish", "--dry-run", "--allow-dirty", `--config=${path}`],
  };
}

const GATES: readonly Step[] = [
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
    name: `documentation of ${config.name}`,
    args: ["doc", "--lint", ...entries.map(([, path]) => path)],
  },
  {
    name: `documentation of ${conformance.name}`,
    args: [
      "doc",
      "--lint",
      ...Object.values<string>(conformance.exports)
        .map((path) => path.replace(/^\./, "conformance")),
      // Types of the library in signatures of the suite are public there.
      ...entries.map(([, path]) => path),
    ],
  },
  {
    name: "script for pages",
    args: ["run", "--allow-all", "scripts/build_page_script.ts", "--check"],
  },
  script("module graph", "module_graph.ts", `--allow-run=${Deno.execPath()}`),
  script("file sizes", "file_sizes.ts"),
  script("statements of the protocol", "statements.ts"),
  publish(config.name, "deno.json"),
  publish(conformance.name, "conformance/deno.json"),
];

const total = new Tally();
for (const { name, args } of GATES) {
  begin(name);
  const { success, output, seconds } = await runDeno(args);
  total.add(success);
  end(success ? "passed" : "FAILED", seconds, success ? "" : output);
}
console.log(String(total));
Deno.exit(total.failed === 0 ? 0 : 1);
