/**
 * The peer of the adapter in Python, with a switch for each of its mutants.
 *
 * @module
 */

import type { Point, Switchable } from "./point.ts";
import { Identifiers, type Operator } from "./point.ts";

/** The folder of the adapter. */
const FOLDER = "conformance/implementations/adapters/python/";

/** What is mutated: the peer, and not the adapter that drives it. */
const MUTATED = ["calls.py", "codec.py", "extensions.py", "peer.py"];

/** What `mutate.py` writes about a mutant. */
interface Found {
  readonly file: string;
  readonly symbol: string;
  readonly line: number;
  readonly operator: Operator;
  readonly before: string;
  readonly after: string;
  readonly statement: string;
}

/** Returns the mutants of the peer. */
export async function pythonPoints(): Promise<readonly Point[]> {
  const path = await Deno.makeTempDir();
  try {
    return (await switchablePython(new URL(`file://${path}/`))).points;
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Writes the adapter with the switches of its peer to a folder. */
export async function switchablePython(folder: URL): Promise<Switchable> {
  const source = new URL(`../../../${FOLDER}`, import.meta.url).pathname;
  const script = new URL("mutate.py", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command("python3", {
    args: [script, source, folder.pathname, ...MUTATED],
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const found: readonly Found[] = JSON.parse(new TextDecoder().decode(stdout));
  const identifiers = new Identifiers();
  const points = found.map(({ symbol, statement, ...point }) => ({
    ...point,
    id: identifiers.next(
      point.file,
      symbol,
      point.operator,
      `${statement}|${point.before}|${point.after}`,
    ),
  }));
  return { points, command: `python3 ${folder.pathname}adapter.py` };
}
