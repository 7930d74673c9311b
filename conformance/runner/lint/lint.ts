/**
 * Checks a corpus and the lists of known failures.
 *
 * @module
 */

import type { CaseFile } from "../cases/case.ts";
import {
  type CorpusFile,
  jsonFiles,
  readCorpus,
} from "../cases/corpus_files.ts";
import {
  loadValidators,
  type Validator,
  type Validators,
} from "../cases/json_schema.ts";
import {
  makeManifest,
  type Manifest,
  readPage,
  readStatements,
} from "../cases/manifest.ts";
import { withRepeatedSteps } from "../cases/repeated_steps.ts";
import { suiteOf, SUITES } from "../cases/suites.ts";
import { STATEMENTS } from "../cases/statements.ts";
import { lintCorpus, lintSpecs } from "./_corpus.ts";
import { lintFile } from "./_file.ts";
import { lintMatrix } from "./_matrix.ts";
import type { Finding } from "./finding.ts";
import { shorten } from "../shorten.ts";

/** What is checked. */
export interface LintOptions {
  /**
   * The folder that contains `corpus/`, and may contain
   * `implementations/known/`; this package by default.
   */
  readonly folder?: URL;
  /**
   * The manifest of the previous version, whose identifiers must still exist.
   */
  readonly previous?: Manifest;
  /**
   * Whether the statements and the manifest are compared with what the protocol
   * page makes of them; `true` by default. Only a checkout of the project has
   * that page.
   */
  readonly page?: boolean;
}

/** The page that lists the standard operations. */
const ADAPTERS = new URL(
  "../../implementations/adapters/README.md",
  import.meta.url,
);

/**
 * Where the lists of known failures are, below the same folder as `corpus/`.
 */
const KNOWN = "implementations/known/";

/**
 * Checks a corpus on disk. A file that does not match its schema is not checked
 * further.
 */
export async function lint(options: LintOptions = {}): Promise<Finding[]> {
  const folder = options.folder ?? new URL("../../", import.meta.url);
  const validators = await loadValidators();
  const files = await readCorpus(folder);
  const { findings, valid } = await lintCases(files);
  findings.push(...await lintKnown(folder, files, validators));
  const path = "manifest.json";
  const text = await readIfThere(new URL(`corpus/${path}`, folder));
  if (text === undefined) {
    return [...findings, { path, pointer: "", message: "it is missing" }];
  }
  const { value: manifest, findings: found } = parsed<Manifest>(
    path,
    text,
    validators("manifest"),
  );
  findings.push(...found);
  if (manifest === undefined || valid.length < files.length) return findings;
  const { page = true, previous } = options;
  const statements = page ? await readStatements() : STATEMENTS;
  return [
    ...findings,
    ...lintCorpus(valid, statements, manifest, previous),
    ...lintMatrix(valid, manifest),
    ...page ? await lintMade(folder) : [],
  ];
}

/** Checks files of cases, each on its own; returns those that match their schema, too. */
async function lintCases(
  files: readonly CorpusFile[],
): Promise<
  { readonly findings: Finding[]; readonly valid: readonly CorpusFile[] }
> {
  const validators = await loadValidators();
  const operations = await standardOperations();
  const findings: Finding[] = [];
  const valid: CorpusFile[] = [];
  for (const file of files) {
    const { path, text } = file;
    const { schema } = SUITES[suiteOf(path)];
    const { value, findings: found } = parsed<CaseFile>(
      path,
      text,
      validators(schema),
    );
    findings.push(...found);
    if (value === undefined) continue;
    valid.push(file);
    findings.push(...lintFile(path, withRepeatedSteps(value), operations));
  }
  return { findings, valid };
}

/** Checks cases that are not of the corpus, which has all statements of the protocol and no manifest. */
export async function lintOwnCases(
  files: readonly CorpusFile[],
): Promise<readonly Finding[]> {
  const { findings, valid } = await lintCases(files);
  return [...findings, ...lintSpecs(valid, STATEMENTS)];
}

/** Returns the value of a text, if it is JSON that matches a schema. */
function parsed<T>(
  path: string,
  text: string,
  validate: Validator,
): { readonly value?: T; readonly findings: Finding[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const { message } = error as Error;
    return { findings: [{ path, pointer: "", message }] };
  }
  const findings = validate(value).map((each) => ({ path, ...each }));
  return findings.length > 0 ? { findings } : { value: value as T, findings };
}

/** Checks that the generated files are up to date. */
async function lintMade(folder: URL): Promise<Finding[]> {
  const made = await makeManifest(folder);
  const findings: Finding[] = [];
  for (const [name, wanted] of Object.entries(made)) {
    const path = `${name}.json`;
    const text = await readIfThere(new URL(`corpus/${path}`, folder)) ?? "{}";
    if (text === wanted) continue;
    const pointer = difference(JSON.parse(text), JSON.parse(wanted)) ?? "";
    const message = "it is stale: run manifest.ts";
    findings.push({ path, pointer, message });
  }
  return findings;
}

/**
 * Checks that the lists of known failures match their schemas and name existing
 * cases.
 */
async function lintKnown(
  folder: URL,
  files: readonly CorpusFile[],
  validators: Validators,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const ids = new Set(files.flatMap(({ cases }) => cases.map(({ id }) => id)));
  const known = new URL(KNOWN, folder);
  for (const name of jsonFiles(known)) {
    const path = `../${KNOWN}${name}`;
    const text = await Deno.readTextFile(new URL(name, known));
    const schema = name === "defects.json" ? "defects" : "known";
    const { value, findings: found } = parsed<Mentions>(
      path,
      text,
      validators(schema),
    );
    findings.push(...found);
    if (value === undefined) continue;
    for (const { pointer, id } of mentioned(value)) {
      if (ids.has(id)) continue;
      findings.push({
        path,
        pointer,
        message: `there is no case ${shorten(id)}`,
      });
    }
  }
  return findings;
}

/** An identifier of a case; anything else in a list is a pattern. */
const IDENTIFIER = /^[a-z]+\/[a-z0-9-]+\/[a-z0-9-]+$/;

/** The table of known defects, or a list of known failures. */
type Mentions =
  | { readonly defects: readonly { readonly cases: readonly string[] }[] }
  | readonly { readonly case: string }[];

/** Returns the identifiers in a list; patterns are left out. */
function mentioned(value: Mentions): { pointer: string; id: string }[] {
  if ("defects" in value) {
    return value.defects.flatMap(({ cases }, at) =>
      cases.map((id, index) => ({
        pointer: `/defects/${at}/cases/${index}`,
        id,
      }))
    );
  }
  return value.map((each, at) => ({
    pointer: `/${at}/case`,
    id: each.case.split("/").slice(0, 3).join("/"),
  })).filter(({ id }) => IDENTIFIER.test(id));
}

async function readIfThere(file: URL): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function standardOperations(): Promise<ReadonlySet<string>> {
  const page = await readPage(ADAPTERS);
  const section =
    page.split("\n## ").find((text) =>
      text.startsWith("Standard operations\n")
    ) ?? "";
  return new Set(
    Array.from(section.matchAll(/^\| `([a-z-]+)`/gm), ([, name]) => name!),
  );
}

/**
 * Returns where two values first differ, as a JSON pointer; `undefined` if they
 * are equal.
 */
function difference(a: unknown, b: unknown): string | undefined {
  if (Object.is(a, b)) return undefined;
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return "";
  const [one, other] = [a, b] as Record<string, unknown>[];
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const inner = difference(one![key], other![key]);
    if (inner !== undefined) return `/${key}${inner}`;
  }
  return undefined;
}
