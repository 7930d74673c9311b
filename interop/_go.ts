/**
 * Defines tests with the Go reference, which the first of them builds.
 *
 * If Go is not installed, the tests are skipped; with `CI=true` they fail.
 *
 * @module
 */

import { startAdapter } from "@gotalk/conformance";
import { Adapter } from "./_adapter.ts";
import {
  type ConnectionPair,
  openPair,
  type Setup,
  type Way,
} from "./_connection_pair.ts";
import { findProgram, needing } from "../scripts/find_program.ts";

/** The maximum duration of a test, in milliseconds. */
const TIMEOUT = 60_000;

const SOURCE = new URL(
  "../conformance/implementations/adapters/go/",
  import.meta.url,
);

const WAYS: readonly Way[] = [
  { transport: "tcp", acceptor: "theirs" },
  { transport: "tcp", acceptor: "our TCP" },
  { transport: "websocket", acceptor: "theirs" },
  { transport: "websocket", acceptor: "our WebSocket" },
  { transport: "websocket", acceptor: "Deno.serve" },
];

/** The Go command; `undefined` if tests with it are skipped. */
export const GO: string | undefined = await findProgram(["go"], "version");

/** The folders of built programs, by source folder. */
const built = new Map<string, Promise<string>>();

Deno.test.afterAll(async () => {
  for (const building of built.values()) {
    // The test that started the build has reported its failure.
    const folder = await building.catch(() => undefined);
    if (folder) await Deno.remove(folder, { recursive: true });
  }
});

/** Builds the programs of a Go module once, and returns their folder. */
export function goPrograms(source: URL): Promise<string> {
  return built.getOrInsertComputed(source.href, () => build(source));
}

/** Starts an adapter for the Go reference. */
export async function startGo(): Promise<Adapter> {
  const folder = await goPrograms(SOURCE);
  return new Adapter(await startAdapter(`"${folder}/gotalk-adapter"`));
}

/** Defines a test with an adapter for the Go reference. */
export function goTest(
  name: string,
  test: (go: Adapter) => Promise<void>,
): void {
  Deno.test(needing({ go: GO }, {
    name: `Go ${name}`,
    timeout: TIMEOUT,
    fn: async () => {
      await using go = await startGo();
      await test(go);
    },
  }));
}

/** Defines a test for each transport and acceptor, with streams enabled. */
export function goTests(
  name: string,
  test: (pair: ConnectionPair) => Promise<void>,
  setup: Setup = {},
): void {
  for (const way of WAYS) {
    const { transport, acceptor } = way;
    goTest(`${name}, over ${transport} to ${acceptor}`, async (go) => {
      const theirs = { streams: true, ...setup.theirs };
      await using pair = await openPair(go, way, { ...setup, theirs });
      await test(pair);
    });
  }
}

async function build(source: URL): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "gotalk-interop-" });
  try {
    const { success } = await new Deno.Command(GO ?? "go", {
      args: ["build", "-buildvcs=false", "-o", `${folder}/`, "./..."],
      cwd: source,
    }).spawn().status;
    if (success) return folder;
    throw new Error(`Cannot build ${source}: go build has printed the reason`);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}
