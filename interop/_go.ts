/**
 * Tests with the Go reference, which is built when the first of them runs.
 *
 * Without Go the tests are skipped, except with `CI=true`, where they fail.
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

/** How long a test may take, in milliseconds. */
const BOUND = 60_000;

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

/** The folders of programs that were built, by their sources. */
const built = new Map<string, Promise<string>>();

Deno.test.afterAll(async () => {
  for (const building of built.values()) {
    // A test has reported what failed to build.
    const folder = await building.catch(() => undefined);
    if (folder) await Deno.remove(folder, { recursive: true });
  }
});

/** Builds the programs of a Go module once, and says in which folder they are. */
export function goPrograms(source: URL): Promise<string> {
  return built.getOrInsertComputed(source.href, () => build(source));
}

/** Starts an adapter around the Go reference. */
export async function startGo(): Promise<Adapter> {
  const folder = await goPrograms(SOURCE);
  return new Adapter(await startAdapter(`"${folder}/gotalk-adapter"`));
}

/** A test with an adapter around the Go reference. */
export function goTest(
  name: string,
  test: (go: Adapter) => Promise<void>,
): void {
  Deno.test(needing({ go: GO }, {
    name: `Go ${name}`,
    timeout: BOUND,
    fn: async () => {
      await using go = await startGo();
      await test(go);
    },
  }));
}

/** Defines the same test for each way to connect, with streams enabled. */
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
    throw new Error(`Cannot build ${source}: go build says why`);
  } catch (error) {
    await Deno.remove(folder, { recursive: true });
    throw error;
  }
}
