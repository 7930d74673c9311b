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
  /** The action that sets up the language where GitHub's machines need it, and its inputs. */
  readonly setup?: {
    readonly uses: string;
    readonly with: Readonly<Record<string, string>>;
  };
}

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
      uses: "actions/setup-dotnet@v4",
      with: { "dotnet-version": "8.0.x" },
    },
  },
  deno: {
    files: ["adapter.ts", "codec.ts"],
    start: "deno run --allow-net adapter.ts",
    ignored: ["node_modules/"],
    setup: {
      uses: "denoland/setup-deno@v2",
      with: { "deno-version": "v2.x" },
    },
  },
  go: {
    files: ["codec.go", "go.mod", "main.go"],
    build: "go build -o adapter .",
    start: "./adapter",
    ignored: ["/adapter"],
    setup: { uses: "actions/setup-go@v5", with: { "go-version": "stable" } },
  },
  java: {
    files: ["src/Adapter.java", "src/Codec.java", "src/Json.java"],
    build: "javac -d build src/Adapter.java src/Codec.java src/Json.java",
    start: "java -cp build Adapter",
    ignored: ["build/"],
    setup: {
      uses: "actions/setup-java@v4",
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
      uses: "actions/setup-python@v5",
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
    "- uses: actions/checkout@v4",
    "- uses: actions/setup-node@v4\n  with:\n    node-version: 22",
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
name: Conformance
on: [push, pull_request]
jobs:
  conformance:
    runs-on: ubuntu-latest
    steps:
${steps.join("\n").replaceAll(/^/gm, "      ")}
`;
}
