/**
 * Our module with a mistake in it: a copy of its source, changed.
 *
 * @module
 */

import { ANSWERING_FAULTS } from "./answering_faults.ts";
import { ASKING_FAULTS } from "./asking_faults.ts";
import { CONNECTION_FAULTS } from "./connection_faults.ts";
import type { Fault, FaultGroup } from "./fault.ts";
import { HOSTILE_FAULTS } from "./hostile_faults.ts";
import { MESSAGE_FAULTS } from "./message_faults.ts";
import { NAME_FAULTS } from "./name_faults.ts";
import { NUMBER_FAULTS } from "./number_faults.ts";
import { WEBSOCKET_FAULTS } from "./websocket_faults.ts";

const CODEC_FAULTS: readonly Fault[] = [
  ...NUMBER_FAULTS,
  ...NAME_FAULTS,
  ...MESSAGE_FAULTS,
];

const PEER_FAULTS: readonly Fault[] = [
  ...CONNECTION_FAULTS,
  ...ANSWERING_FAULTS,
  ...ASKING_FAULTS,
];

/** Mistakes of a codec that conversations have to find as well, in what our module writes by itself. */
const SEEN_IN_SESSIONS: ReadonlySet<string> = new Set([
  "cut-header-lost",
  "empty-name-length-left-out",
  "empty-payload-takes-a-byte",
  "name-length-in-characters",
  "name-length-written-in-decimal",
  "sizes-written-in-decimal",
]);

/** Mistakes of a conversation that show on WebSocket in a way of their own. */
const SEEN_ON_WEBSOCKET: ReadonlySet<string> = new Set([
  "error-ends-stream-in-order",
  "fault-survived",
  "pending-forgotten",
]);

/** Every mistake that the corpus must find, with the suite that has to. */
export const FAULTS: readonly FaultGroup[] = [
  { suite: "codec", faults: CODEC_FAULTS },
  {
    suite: "session",
    faults: [
      ...PEER_FAULTS,
      // What a conversation shows of a codec.
      ...CODEC_FAULTS.filter(({ name }) => SEEN_IN_SESSIONS.has(name)),
    ],
  },
  {
    suite: "websocket",
    faults: [
      ...WEBSOCKET_FAULTS,
      ...PEER_FAULTS.filter(({ name }) => SEEN_ON_WEBSOCKET.has(name)),
    ],
  },
  { suite: "hostile", faults: HOSTILE_FAULTS },
];

/** Where our source is. */
const ROOT = new URL("../../", import.meta.url);

/** What a program around our module is made of: folders, and files beside them. */
const PARTS = [
  "codec/",
  "peer/",
  "transport/",
  "conformance/",
  "conformance/adapters/deno/",
  "conformance/cases/",
  "conformance/lines/",
];

/**
 * Copies our module to a folder, with the changes of a fault.
 *
 * @throws {Error} when a text that is to be replaced does not stand exactly once where it should.
 */
export async function mutate(
  fault: Pick<Fault, "name" | "edits">,
  folder: URL,
): Promise<void> {
  await copyAll(folder);
  for (const [file, from, to] of fault.edits) {
    const source = await Deno.readTextFile(new URL(file, folder));
    const pieces = source.split(from);
    if (pieces.length !== 2) {
      throw new Error(
        `Cannot make ${fault.name}: ${file} has ${pieces.length - 1} times ${
          JSON.stringify(from)
        }, wanted once`,
      );
    }
    await Deno.writeTextFile(new URL(file, folder), pieces.join(to));
  }
}

async function copyAll(folder: URL): Promise<void> {
  for (const part of ["", ...PARTS]) {
    await Deno.mkdir(new URL(part, folder), { recursive: true });
    for await (const { name, isFile } of Deno.readDir(new URL(part, ROOT))) {
      if (!isFile || !/\.(ts|json)$/.test(name) || /_test\.ts$/.test(name)) {
        continue;
      }
      await Deno.copyFile(
        new URL(part + name, ROOT),
        new URL(part + name, folder),
      );
    }
  }
}
