import { assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  fetchHandler,
  Handlers,
  httpHandler,
  OperationError,
  Peer,
  reconnect,
  ReconnectingPeer,
  RetryError,
  serve,
  upgradeHandler,
} from "./mod.ts";
import * as page from "./browser.ts";
import {
  Decoder,
  describe,
  encode,
  Encoder,
  MessageDecoderStream,
  MessageEncoderStream,
} from "./codec/mod.ts";
import { memoryPair } from "./transport/mod.ts";
import * as node from "./transport/node.ts";
import { connectTcp, listenTcp } from "./transport/tcp.ts";
import { connectTls, listenTls } from "./transport/tls.ts";
import { connectUnix, listenUnix } from "./transport/unix.ts";
import {
  connectWebSocket,
  socketChannel,
} from "./transport/websocket/client.ts";
import { listenWebSocket } from "./transport/websocket/listener.ts";
import { acceptUpgrade } from "./transport/websocket/upgrade.ts";

// deno-lint-ignore no-explicit-any -- the types would refuse what is tested
type Any = any;

/** What takes options, a name that is misspelt, and the one that it stands for. */
type Case = readonly [
  use: (options: Any) => unknown,
  misspelt: string,
  meant: string,
  valid?: object,
];

const handlers = new Handlers();
const none = () => new Promise<never>(() => {});
const heartbeat = { kind: "Heartbeat", load: 0, time: 0 } as const;
const url = "tcp://127.0.0.1:9";
const port = { port: 9 };
const path = { path: "/nowhere.sock" };
const pem = { cert: "", key: "" };

/** Uses a peer, which is closed. */
async function withPeer(use: (peer: Peer) => unknown): Promise<void> {
  const [channel] = memoryPair();
  const peer = new Peer(channel);
  await peer.close();
  await use(peer);
}

async function offline(use: (peer: ReconnectingPeer) => unknown) {
  await using peer = new ReconnectingPeer(none);
  await use(peer);
}

const CASES: Readonly<Record<string, Case>> = {
  serve: [serve, "prot", "port"],
  "serve, of peers": [serve, "onEvents", "onEvent"],
  "serve, limits": [
    (limits) => serve({ limits }),
    "maxPayload",
    "maxPayloadBytes",
  ],
  "serve, login": [
    (login) => serve({ login }),
    "authentiate",
    "authenticate",
  ],
  "serve, retry": [(retry) => serve({ retry }), "maxwait", "maxWait"],
  connect: [
    (options) => connect(url, options),
    "conectTimeout",
    "connectTimeout",
  ],
  reconnect: [
    (options) => reconnect(url, options),
    "maxAttempt",
    "maxAttempts",
  ],
  upgradeHandler: [
    (options) => upgradeHandler(handlers, options),
    "origin",
    "origins",
  ],
  httpHandler: [(options) => httpHandler(handlers, options), "Cors", "cors"],
  "httpHandler, cors": [
    (cors) => httpHandler(handlers, { cors }),
    "credential",
    "credentials",
  ],
  fetchHandler: [
    (options) => fetchHandler(handlers, options),
    "maxConcurrentCall",
    "maxConcurrentCalls",
  ],
  Peer: [
    (options) => new Peer(memoryPair()[0], options),
    "handler",
    "handlers",
  ],
  ReconnectingPeer: [
    (options) => new ReconnectingPeer(none, options),
    "onConnected",
    "onConnect",
  ],
  "Peer.request": [
    (options) => withPeer((peer) => peer.request("x", 1, options)),
    "timeOut",
    "timeout",
  ],
  "Peer.requestText": [
    (options) => withPeer((peer) => peer.requestText("x", "", options)),
    "signl",
    "signal",
  ],
  "Peer.requestBytes": [
    (options) =>
      withPeer((peer) => peer.requestBytes("x", new Uint8Array(), options)),
    "idempotend",
    "idempotent",
  ],
  "Peer.stream": [
    (options) => withPeer((peer) => peer.stream("x", options)),
    "inputs",
    "input",
  ],
  "Peer.values": [
    (options) => withPeer((peer) => peer.values("x", 1, options)),
    "value",
    "values",
  ],
  "Peer.drain": [
    (options) => withPeer((peer) => peer.drain(options)),
    "quite",
    "quiet",
  ],
  "ReconnectingPeer.request": [
    (options) => offline((peer) => peer.request("x", 1, options)),
    "outputs",
    "output",
  ],
  "ReconnectingPeer.requestText": [
    (options) => offline((peer) => peer.requestText("x", "", options)),
    "timeOut",
    "timeout",
  ],
  "ReconnectingPeer.requestBytes": [
    (options) =>
      offline((peer) => peer.requestBytes("x", new Uint8Array(), options)),
    "retries",
    "retry",
  ],
  "ReconnectingPeer.stream": [
    (options) => offline((peer) => peer.stream("x", options)),
    "signals",
    "signal",
  ],
  "ReconnectingPeer.values": [
    (options) => offline((peer) => peer.values("x", 1, options)),
    "output_",
    "output",
  ],
  "ReconnectingPeer.drain": [
    (options) => offline((peer) => peer.drain(options)),
    "reasons",
    "reason",
  ],
  handle: [
    (options) => new Handlers().handle("x", () => 1, options),
    "sendIssue",
    "sendIssues",
  ],
  handleText: [
    (options) => new Handlers().handleText("x", (text) => text, options),
    "save",
    "safe",
  ],
  handleBytes: [
    (options) => new Handlers().handleBytes("x", (bytes) => bytes, options),
    "save",
    "safe",
  ],
  handleStream: [
    (options) => new Handlers().handleStream("x", (parts) => parts, options),
    "inputt",
    "input",
  ],
  handleValues: [
    (options) => new Handlers().handleValues("x", () => [], options),
    "subscribtion",
    "subscription",
  ],
  onNotification: [
    (options) => new Handlers().onNotification("x", () => {}, options),
    "imput",
    "input",
  ],
  OperationError: [
    (options) => new OperationError("x", options),
    "dta",
    "data",
  ],
  RetryError: [
    (options) => new RetryError("x", options),
    "pay_load",
    "payload",
    { wait: 1 },
  ],
  connectTcp: [connectTcp, "hostName", "hostname", port],
  listenTcp: [listenTcp, "hostName", "hostname"],
  connectTls: [connectTls, "caCert", "caCerts", port],
  listenTls: [listenTls, "alpnProtocol", "alpnProtocols", pem],
  connectUnix: [connectUnix, "conectTimeout", "connectTimeout", path],
  listenUnix: [listenUnix, "onRefuse", "onRefused", path],
  "connectTcp for Node": [node.connectTcp, "hostName", "hostname", port],
  "listenTcp for Node": [node.listenTcp, "hostName", "hostname"],
  "connectTls for Node": [node.connectTls, "caCert", "caCerts", port],
  "listenTls for Node": [node.listenTls, "alpnProtocol", "alpnProtocols", pem],
  "connectUnix for Node": [
    node.connectUnix,
    "conectTimeout",
    "connectTimeout",
    path,
  ],
  "listenUnix for Node": [node.listenUnix, "onRefuse", "onRefused", path],
  connectWebSocket: [
    (options) => connectWebSocket("ws://127.0.0.1:9", options),
    "header",
    "headers",
  ],
  listenWebSocket: [listenWebSocket, "onRequests", "onRequest"],
  socketChannel: [
    (options) => socketChannel({} as WebSocket, options),
    "unit",
    "units",
  ],
  acceptUpgrade: [
    (options) => acceptUpgrade(new Request("http://localhost"), options),
    "host",
    "hosts",
  ],
  memoryPair: [memoryPair, "capacities", "capacity"],
  Decoder: [(options) => new Decoder(options), "maxPayload", "maxPayloadBytes"],
  Encoder: [(options) => new Encoder(options), "versions", "version"],
  encode: [(options) => encode(heartbeat, options), "versions", "version"],
  describe: [(options) => describe(heartbeat, options), "versions", "version"],
  MessageDecoderStream: [
    (options) => new MessageDecoderStream(options),
    "handShake",
    "handshake",
  ],
  MessageEncoderStream: [
    (options) => new MessageEncoderStream(options),
    "highWatermark",
    "highWaterMark",
  ],
  "connect of pages": [
    (options) => page.connect(url, options),
    "protocol",
    "protocols",
  ],
  "reconnect of pages": [
    (options) => page.reconnect(url, options),
    "initalDelay",
    "initialDelay",
  ],
};

for (const [name, [use, misspelt, meant, valid]] of Object.entries(CASES)) {
  Deno.test(`${name} refuses a misspelt option, and names the one that was meant`, async () => {
    const what = name.endsWith("limits") ? "limit" : "option";
    await assertRejects(
      // Some throw, and some reject.
      async () => await use({ ...valid, [misspelt]: 1 }),
      TypeError,
      `Cannot set ${misspelt}: there is no such ${what}, the nearest is ${meant}`,
    );
  });
}

Deno.test("options that are no object are refused everywhere", async () => {
  for (const [name, [use, , , valid]] of Object.entries(CASES)) {
    // It names the option that is missing.
    if (valid !== undefined) continue;
    for (const wrong of [null, 5, "text"]) {
      await assertRejects(
        async () => await use(wrong),
        TypeError,
        `Cannot set options: got ${wrong === "text" ? '"text"' : wrong}`,
        name,
      );
    }
  }
});

Deno.test("what is no option there is refused, and names none where none is near", async () => {
  await assertRejects(
    async () => await serve({ handlers } as Any),
    TypeError,
    "Cannot set handlers: there is no such option",
  );
  await assertRejects(
    async () => await serve({ "\x1b[2J": 1 } as Any),
    TypeError,
    "Cannot set \\x1b[2J: there is no such option",
  );
});

Deno.test("a limit that is given as an option is refused, and the remedy named", async () => {
  const uses: ((options: Any) => unknown)[] = [
    (options) => serve(options, handlers),
    (options) => connect("tcp://localhost:1", options),
    (options) => reconnect("tcp://localhost:1", options),
    (options) => upgradeHandler(handlers, options),
    (options) => new Peer(memoryPair()[0], options),
  ];
  for (const use of uses) {
    await assertRejects(
      async () => await use({ handlerTimeout: 1_000 }),
      TypeError,
      "Cannot set handlerTimeout: it is no option by itself, wanted limits: { handlerTimeout }",
    );
  }
});

Deno.test("options that are undefined may have any name, and all that are known are taken", async () => {
  await using server = await serve(
    { prot: undefined, onEvent() {}, maxConnections: 5 } as Any,
    new Handlers().handle("ping", () => "pong"),
  );
  const options = { prot: undefined, connectTimeout: 5_000, onEvent() {} };
  await using peer = await connect(server.address, options as Any);
  await using again = reconnect(server.address, options as Any);
  for (const each of [peer, again]) {
    assertEquals(
      await each.request("ping", undefined, { idempotent: true, retry: true }),
      "pong",
    );
  }
});
