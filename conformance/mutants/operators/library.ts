/**
 * The library with a switch for each of its mutants.
 *
 * @module
 */

import { adapterCommand, readSource, writeWorkspace } from "../mutate.ts";
import { SourceTree } from "../source_tree.ts";
import { instrument } from "./instrument.ts";
import type { Point, Switchable } from "./point.ts";

/** What is mutated: what decides the bytes that a peer writes, and what it does with those that it reads. */
const MUTATED = [
  /^codec\//,
  /^peer\//,
  /^transport\/(?:_conn_channel|_conn_listener|carrier_channel|channel|fair_reads|handshake_listener|open|receive_queue|streams|tcp|turns|unit_pool|unix|write_units)\.ts$/,
  /^transport\/websocket\//,
];

/** The largest heap of a mutant, in MiB. */
const HEAP = 512;

/** Where the switches are, in a copy. */
const SWITCHES = "mutant_switches.ts";

/** Returns the mutants of the library, and the files with their switches. */
export async function libraryPoints(): Promise<
  {
    readonly points: readonly Point[];
    readonly files: ReadonlyMap<string, string>;
  }
> {
  const files = new Map((await readSource()).files);
  const points: Point[] = [];
  for (const [file, text] of files) {
    if (!MUTATED.some((pattern) => pattern.test(file))) continue;
    const up = "../".repeat(file.split("/").length - 1);
    const made = instrument(file, text, points.length, up + SWITCHES);
    files.set(file, made.text);
    points.push(...made.points);
  }
  const switches = new URL("switch.ts", import.meta.url);
  files.set(SWITCHES, await Deno.readTextFile(switches));
  return { points, files };
}

/** Writes the library with its switches to a folder. */
export async function switchableLibrary(folder: URL): Promise<Switchable> {
  const { points, files } = await libraryPoints();
  await writeWorkspace(new SourceTree(files), folder);
  const flags = [`--v8-flags=--max-old-space-size=${HEAP}`];
  return { points, command: adapterCommand(folder, flags) };
}
