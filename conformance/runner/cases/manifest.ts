/**
 * The manifest of the corpus: its version, files and identifiers.
 *
 * `deno run -A conformance/runner/cases/manifest.ts` rewrites `manifest.json` and `statements.json` of the
 * corpus, in a checkout of the project.
 *
 * @module
 */

import type { ProtocolVersion } from "@gotalk/gotalk/codec";
import { type CorpusFile, readCorpus } from "./corpus_files.ts";
import type { Statement } from "./statements.ts";
import { statementsOfPage } from "./statements_of_page.ts";

/** The manifest. */
export interface Manifest {
  /** The semantic version of the corpus. */
  readonly version: string;
  /** The protocol: its name, the page that describes it, and the versions that have cases. */
  readonly protocol: {
    readonly name: string;
    readonly page: string;
    readonly versions: readonly ProtocolVersion[];
  };
  /** The licence of the data, as an SPDX identifier. */
  readonly license: string;
  /** The files of cases, sorted by path. */
  readonly files: readonly {
    readonly path: string;
    readonly cases: number;
    readonly sha256: string;
  }[];
  /** The file of statements. */
  readonly statements: {
    readonly path: string;
    readonly count: number;
    readonly sha256: string;
  };
  /** Statements at level `must` or `should` that no case can test, with the reason. */
  readonly untestable: Readonly<Record<string, string>>;
  /** The cells of the matrix that no case fills, as patterns of their names, with the reason. */
  readonly holes?: Readonly<Record<string, string>>;
  /** The identifiers of all cases, withdrawn ones included, sorted. */
  readonly ids: readonly string[];
}

/** The fields that people write, which are kept when the others are generated. */
type Kept = Pick<
  Manifest,
  "version" | "protocol" | "license" | "untestable" | "holes"
>;

/** The folder that contains `corpus/`. */
const HERE = new URL("../../", import.meta.url);

/** The page of the protocol. */
const PAGE = new URL("../../../codec/README.md", import.meta.url);

/** Returns the texts of `manifest.json` and `statements.json` as generated from the corpus and the page. */
export async function makeManifest(
  folder: URL = HERE,
): Promise<{ readonly manifest: string; readonly statements: string }> {
  const statements = await readStatements();
  const text = `${JSON.stringify({ statements }, undefined, 2)}\n`;
  const files = await readCorpus(folder);
  const kept = JSON.parse(
    await Deno.readTextFile(new URL("corpus/manifest.json", folder)),
  ) as Kept;
  const manifest = await manifestOf(files, kept, statements, text);
  return {
    manifest: `${JSON.stringify(manifest, undefined, 2)}\n`,
    statements: text,
  };
}

/** Reads the statements of the protocol page, which only a checkout of the project has. */
export async function readStatements(): Promise<Statement[]> {
  return statementsOfPage(await readPage(PAGE));
}

/** Returns whether this is a checkout of the project, which has the protocol page. */
export async function isCheckout(): Promise<boolean> {
  try {
    return (await readStatements()).length > 0;
  } catch {
    return false;
  }
}

/**
 * Reads a page of the project.
 *
 * @throws {Error} If the page is missing, for example from a published package.
 */
export async function readPage(page: URL): Promise<string> {
  const response = await fetch(page);
  if (response.ok) return await response.text();
  throw new Error(
    `Cannot read ${page}: got status ${response.status}, wanted 200`,
  );
}

async function manifestOf(
  files: readonly CorpusFile[],
  { version, protocol, license, untestable, holes }: Kept,
  statements: readonly Statement[],
  statementsText: string,
): Promise<Manifest> {
  return {
    version,
    protocol,
    license,
    files: await Promise.all(files.map(async ({ path, text, cases }) => ({
      path,
      cases: cases.length,
      sha256: await sha256(text),
    }))),
    statements: {
      path: "statements.json",
      count: statements.length,
      sha256: await sha256(statementsText),
    },
    untestable: sorted(untestable),
    ...holes === undefined ? {} : { holes: sorted(holes) },
    ids: files.flatMap(({ cases }) => cases.map(({ id }) => id)).sort(),
  };
}

function sorted(reasons: Readonly<Record<string, string>>) {
  return Object.fromEntries(
    Object.entries(reasons).sort(([a], [b]) => a < b ? -1 : 1),
  );
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}

if (import.meta.main) {
  const { manifest, statements } = await makeManifest();
  await Deno.writeTextFile(new URL("corpus/manifest.json", HERE), manifest);
  await Deno.writeTextFile(new URL("corpus/statements.json", HERE), statements);
}
