/**
 * Implementations that know no extension are undisturbed by all of them.
 *
 * @module
 */

import {
  type Message,
  type RequestId,
  requestId,
  requestIdBytes,
  text,
} from "@gotalk/gotalk/codec";
import { startAdapter } from "@gotalk/conformance";
import { assertEquals } from "@std/assert";
import { concat } from "@std/bytes";
import { findProgram, needing } from "../scripts/find_program.ts";
import { Adapter, type Transport } from "./_adapter.ts";
import { GO, startGo } from "./_go.ts";
import {
  type ScriptedPair,
  type ScriptedPeer,
  withScriptedPeer,
} from "./_scripted_peer.ts";

/** The maximum duration of a test, in milliseconds. */
const TIMEOUT = 60_000;

const ADAPTERS = new URL(
  "../conformance/implementations/adapters/",
  import.meta.url,
);
const GOTALK_JS = new URL("gotalk_js/main.js", ADAPTERS).pathname;
const PEER_IN_PYTHON = new URL("python/adapter.py", ADAPTERS).pathname;

const PYTHON = await findProgram(["python3"], "--version");

const NOTHING = new Uint8Array(0);
const HI = text.encode("hi");
const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** The names of the extensions, in the order in which the tests use them. */
const NAMES = ["bytes", "trace", "cancel", "credit", "credit", "drain"];

/** Returns the notification of an extension. */
function extension(
  name: string,
  ...parts: (RequestId | string)[]
): Message {
  const bytes = parts.map((part) =>
    typeof part === "string" ? text.encode(part) : requestIdBytes(part)
  );
  return {
    kind: "Notification",
    name: `gotalk:${name}`,
    payload: concat(bytes),
  };
}

/** Requests `echo`, and checks the answer. */
async function echo(ours: ScriptedPeer, id: string): Promise<void> {
  const payload = text.encode(id);
  await ours.send({
    kind: "SingleRequest",
    id: requestId(id),
    operation: "echo",
    payload,
  });
  const answer = await ours.receive("SingleResult");
  assertEquals([answer.id, answer.payload], [requestId(id), payload]);
}

/** Uses all extensions for requests that the other end answers. */
async function responds({ ours }: ScriptedPair): Promise<void> {
  await ours.send(extension("bytes"));
  await ours.send(extension("trace", requestId("0001"), TRACE));
  await echo(ours, "0001");
  // The cancel crosses the answer.
  const operation = "echo";
  const id = requestId("0002");
  await ours.send(
    { kind: "SingleRequest", id, operation, payload: HI },
    extension("cancel", id, "too late"),
  );
  assertEquals((await ours.receive("SingleResult")).payload, HI);
  await ours.send(
    extension("credit", "S", requestId("0003"), "0000000000010000"),
    extension("credit", "p", requestId("0003"), "0000000000000000"),
    extension("drain", "deploy"),
  );
  await echo(ours, "0004");
}

/** Uses all extensions for requests that the other end makes. */
async function requests({ ours, theirs }: ScriptedPair): Promise<void> {
  const call = await theirs.request("any", HI);
  const { id } = await ours.receive("SingleRequest");
  await ours.send(
    extension("bytes"),
    extension("trace", id, TRACE),
    extension("cancel", id, "of others"),
    extension("credit", "S", id, "0000000000000000"),
    extension("credit", "p", id, "0000000000000000"),
    extension("drain"),
    { kind: "SingleResult", id, payload: HI },
  );
  assertEquals(await call.settled(), { outcome: "result", payload: HI });
}

/** Opens a stream, whose answer is granted credit. */
async function streams({ ours }: ScriptedPair): Promise<void> {
  const id = requestId("0009");
  await ours.send(
    extension("trace", id, TRACE),
    { kind: "StreamRequest", id, operation: "stream-length", payload: HI },
    extension("credit", "S", id, "0000000000010000"),
    { kind: "StreamRequestPart", id, payload: HI },
    { kind: "StreamRequestPart", id, payload: NOTHING },
  );
  assertEquals((await ours.receive("StreamResult")).payload, text.encode("4"));
  assertEquals((await ours.receive("StreamResult")).payload, NOTHING);
  await echo(ours, "0010");
}

interface Environment {
  readonly name: string;
  readonly programs: Readonly<Record<string, string | undefined>>;
  /** Starts its adapter, and leaves what ends with it in a stack. */
  readonly open: (stack: AsyncDisposableStack) => Promise<Adapter>;
  readonly transports: readonly Transport[];
  readonly roles: readonly ("acceptor" | "initiator")[];
  /** What the other end is asked to do. */
  readonly uses: readonly ((pair: ScriptedPair) => Promise<void>)[];
  /** Whether its fallback handler receives the notifications. */
  readonly delivers: boolean;
}

const ENVIRONMENTS: readonly Environment[] = [
  {
    name: "Go",
    programs: { go: GO },
    open: startGo,
    transports: ["tcp", "websocket"],
    roles: ["acceptor", "initiator"],
    uses: [responds, requests, streams],
    delivers: true,
  },
  {
    name: "gotalk.js",
    programs: { go: GO },
    async open(stack) {
      const go = stack.use(await startGo());
      const { script = "" } = await go.listen("websocket");
      const words = "run --no-config --unstable-unsafe-proto " +
        "--allow-net=127.0.0.1 --allow-read";
      return new Adapter(
        await startAdapter(
          `"${Deno.execPath()}" ${words} "${GOTALK_JS}" ${script}`,
        ),
      );
    },
    transports: ["websocket"],
    roles: ["acceptor"],
    uses: [responds, requests],
    delivers: true,
  },
  {
    name: "the peer in Python",
    programs: { python3: PYTHON },
    async open() {
      return new Adapter(
        await startAdapter(`"${PYTHON}" -B "${PEER_IN_PYTHON}"`),
      );
    },
    transports: ["tcp"],
    roles: ["acceptor", "initiator"],
    uses: [requests, streams],
    delivers: false,
  },
];

for (const environment of ENVIRONMENTS) {
  const { name, programs, open, transports, roles, uses } = environment;
  for (const transport of transports) {
    for (const role of roles) {
      Deno.test(needing(programs, {
        name: `${name} is undisturbed by extensions of the ${role} over ` +
          `${transport} (notify/unknown)`,
        timeout: TIMEOUT,
        fn: async () => {
          await using stack = new AsyncDisposableStack();
          const adapter = stack.use(await open(stack));
          for (const use of uses) {
            await withScriptedPeer(adapter, transport, role, use);
          }
        },
      }));
    }
  }
}

for (const { name, programs, open, delivers, ...others } of ENVIRONMENTS) {
  Deno.test(needing(programs, {
    name: `${name} ${delivers ? "delivers" : "delivers no"} ` +
      "notifications of extensions to a fallback handler",
    timeout: TIMEOUT,
    fn: async () => {
      await using stack = new AsyncDisposableStack();
      const adapter = stack.use(await open(stack));
      const [transport] = others.transports;
      const [role] = others.roles;
      await withScriptedPeer(adapter, transport!, role!, async (pair) => {
        await requests(pair);
        // Those of an implementation that drops them would have arrived before
        // this notification.
        await pair.ours.send({
          kind: "Notification",
          name: "last",
          payload: NOTHING,
        });
        await pair.theirs.received({ notes: 1 });
        assertEquals(
          await pair.theirs.extensionsReceived(1),
          delivers ? NAMES.map((name) => `gotalk:${name}`) : [],
        );
      });
    },
  }));
}
