import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { memoryPair } from "../transport/mod.ts";
import { DEFAULT_RETRY, retryPolicy } from "./call_options.ts";
import { Handlers } from "./handlers.ts";
import { Peer } from "./peer.ts";
import { checkPeerOptions } from "./peer_options.ts";
import { ReconnectingPeer } from "./reconnecting/reconnecting_peer.ts";

// deno-lint-ignore no-explicit-any -- the types would refuse what is tested
type Any = any;

/** The methods that take options. */
const METHODS: Record<string, (peer: Any, options: unknown) => unknown> = {
  request: (peer, options) => peer.request("x", 1, options),
  requestText: (peer, options) => peer.requestText("x", "", options),
  requestBytes: (peer, options) =>
    peer.requestBytes("x", new Uint8Array(1), options),
  stream: (peer, options) => peer.stream("x", options),
  values: (peer, options) => peer.values("x", 1, options),
  drain: (peer, options) => peer.drain(options),
};

const WRONG: [unknown, string][] = [
  [null, "null"],
  [500, "500"],
  ["500", '"500"'],
  [() => {}, "a function"],
];

for (const [name, call] of Object.entries(METHODS)) {
  Deno.test(`${name}() refuses options that are no object, and names them`, async () => {
    const [channel, other] = memoryPair();
    await using _remote = new Peer(other, { role: "acceptor" });
    await using peer = new Peer(channel);
    await using offline = new ReconnectingPeer(() => new Promise(() => {}));
    for (const each of [peer, offline]) {
      for (const [options, found] of WRONG) {
        // Some throw, and some reject.
        await assertRejects(
          async () => await call(each, options),
          TypeError,
          `Cannot set options: got ${found}, wanted an object`,
        );
      }
    }
    assertEquals(peer.stats.pending, 0);
  });
}

Deno.test("options of peers that are yet to come are checked, also if they are handlers", () => {
  const handlers = new Handlers();
  checkPeerOptions({ handlers });
  assertThrows(
    () => checkPeerOptions(handlers as Any),
    TypeError,
    "Cannot set options: got Handlers, wanted { handlers }",
  );
  assertThrows(
    () => checkPeerOptions({ handlers: 3 as Any }),
    TypeError,
    "Cannot set handlers: got 3, wanted Handlers",
  );
});

Deno.test("an option of retry that is undefined has its default", () => {
  assertEquals(
    retryPolicy({ attempts: undefined, jitter: 0, maxWait: undefined } as Any),
    { ...DEFAULT_RETRY, jitter: 0 },
  );
});

Deno.test("options that are functions are checked before the first connection", () => {
  const wrong = (name: string, check: () => unknown) =>
    assertThrows(
      check,
      TypeError,
      `Cannot set ${name}: got 5, wanted a function`,
    );
  for (const name of ["load", "onEvent", "onMessage", "random"]) {
    wrong(name, () => checkPeerOptions({ [name]: 5 }));
    checkPeerOptions({ [name]: undefined });
  }
  for (const name of ["isFinal", "onConnect", "onConnectionEvent"]) {
    const open = () => new Promise<never>(() => {});
    wrong(name, () => new ReconnectingPeer(open, { [name]: 5 }));
  }
  const login = { operation: "login", authenticate: 5 } as Any;
  wrong("the login's authenticate", () => checkPeerOptions({ login }));
});
