/**
 * The templates of adapters: their files, and how each is built and started.
 *
 * @module
 */

/** A template of an adapter. */
export interface Template {
  /** Its files, below `implementations/templates/LANGUAGE/`. */
  readonly files: readonly string[];
  /** The command that builds the adapter, if it has to be built. */
  readonly build?: string;
  /** The command that starts the adapter, in its folder. */
  readonly start: string;
  /** What building leaves behind, for `.gitignore`. */
  readonly ignored: readonly string[];
  /** The action that sets up the language where GitHub's machines need it, at a commit, and its inputs. */
  readonly setup?: {
    readonly uses: string;
    readonly with: Readonly<Record<string, string>>;
  };
}

/** Actions of every file for CI: at a commit, since a tag can move. */
const CHECKOUT =
  "actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2";
const SETUP_NODE =
  "actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0";

/** The templates, by the names of their languages. */
export const TEMPLATES = {
  c: {
    files: ["Makefile", "adapter.c", "codec.c", "codec.h", "json.c", "json.h"],
    build: "make",
    start: "./adapter",
    ignored: ["/adapter", "*.o"],
  },
  cpp: {
    files: [
      "Makefile",
      "adapter.cpp",
      "codec.cpp",
      "codec.hpp",
      "json.cpp",
      "json.hpp",
    ],
    build: "make",
    start: "./adapter",
    ignored: ["/adapter", "*.o"],
  },
  csharp: {
    files: ["Codec.cs", "Program.cs", "adapter.csproj"],
    build: "dotnet build --output build",
    start: "dotnet build/adapter.dll",
    ignored: ["bin/", "build/", "obj/"],
    setup: {
      uses:
        "actions/setup-dotnet@67a3573c9a986a3f9c594539f4ab511d57bb3ce9 # v4.3.1",
      with: { "dotnet-version": "10.0.x" },
    },
  },
  deno: {
    files: ["adapter.ts", "codec.ts"],
    start: "deno run --allow-net adapter.ts",
    ignored: ["node_modules/"],
    setup: {
      uses:
        "denoland/setup-deno@667a34cdef165d8d2b2e98dde39547c9daac7282 # v2.0.4",
      with: { "deno-version": "v2.x" },
    },
  },
  go: {
    files: ["codec.go", "go.mod", "main.go"],
    build: "go build -o adapter .",
    start: "./adapter",
    ignored: ["/adapter"],
    setup: {
      uses:
        "actions/setup-go@d35c59abb061a4a6fb18e82ac0862c26744d6ab5 # v5.5.0",
      with: { "go-version": "stable" },
    },
  },
  java: {
    files: ["src/Adapter.java", "src/Codec.java", "src/Json.java"],
    build: "javac -d build src/Adapter.java src/Codec.java src/Json.java",
    start: "java -cp build Adapter",
    ignored: ["build/"],
    setup: {
      uses:
        "actions/setup-java@c5195efecf7bdfc987ee8bae7a71cb8b11521c00 # v4.7.1",
      with: { "distribution": "temurin", "java-version": "21" },
    },
  },
  node: {
    files: ["adapter.mjs", "codec.mjs"],
    start: "node adapter.mjs",
    ignored: ["node_modules/"],
  },
  python: {
    files: ["adapter.py", "codec.py"],
    start: "python3 adapter.py",
    ignored: ["__pycache__/"],
    setup: {
      uses:
        "actions/setup-python@a26af69be951a213d495a4c3e4e4022e16d87065 # v5.6.0",
      with: { "python-version": "3.x" },
    },
  },
  rust: {
    files: ["Cargo.toml", "src/codec.rs", "src/main.rs"],
    build: "cargo build",
    start: "target/debug/adapter",
    ignored: ["target/"],
  },
  swift: {
    files: [
      "Package.swift",
      "Sources/adapter/Codec.swift",
      "Sources/adapter/main.swift",
    ],
    build: "swift build",
    start: ".build/debug/adapter",
    ignored: [".build/"],
  },
} as const satisfies Readonly<Record<string, Template>>;

/** A language for which there is a template. */
export type TemplateLanguage = keyof typeof TEMPLATES;

/** Returns whether there is a template for a language. */
export function isTemplateLanguage(
  language: string,
): language is TemplateLanguage {
  return Object.hasOwn(TEMPLATES, language);
}

/**
 * Returns the file for GitHub's CI that runs the suite against an adapter.
 *
 * @param version The version of the corpus.
 */
export function workflow(
  { build, start, setup }: Template,
  version: string,
): string {
  const steps = [
    `- uses: ${CHECKOUT}`,
    `- uses: ${SETUP_NODE}\n  with:\n    node-version: 22`,
  ];
  if (setup !== undefined) {
    const inputs = Object.entries(setup.with)
      .map(([name, value]) => `    ${name}: "${value}"`);
    steps.push([`- uses: ${setup.uses}`, "  with:", ...inputs].join("\n"));
  }
  if (build !== undefined) steps.push(`- run: ${build}`);
  steps.push(
    `- run: >-
    npx -y @gotalk/conformance@${version} run
    --adapter "${start}"
    --known-failing @known.json
    --report markdown:conformance.md
- run: cat conformance.md >> "$GITHUB_STEP_SUMMARY"
  if: always()`,
  );
  return `# Runs the Gotalk conformance suite, with the corpus of this version: new cases do not fail an old commit.
# A failure that known.json does not list fails, and so does an entry of which nothing fails any more.
# Until the package is on npm, keep its packed file in this repository, and write its name in place of the
# package: npx -y ./gotalk-conformance-${version}.tgz run
name: Conformance
on: [push, pull_request]
permissions:
  contents: read
jobs:
  conformance:
    runs-on: ubuntu-latest
    steps:
${steps.join("\n").replaceAll(/^/gm, "      ")}
`;
}
