import { assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  Handlers,
  httpHandler,
  type HttpHandlerOptions,
  OperationError,
  Peer,
  reconnect,
  type Remote,
  RetryError,
  serve,
  type ServeOptions,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "./mod.ts";
import {
  type PageReconnectOptions,
  reconnect as reconnectPage,
  type ReconnectingPagePeer,
} from "./browser.ts";
import { type Clock, systemClock } from "./peer/clock.ts";
import type { PeerOptions } from "./peer/peer_options.ts";
import type { ReconnectOptions } from "./peer/reconnecting/reconnect_options.ts";
import { printed } from "./peer/testing/printed.ts";
import type { Telemetry } from "./peer/telemetry.ts";
import { memoryPair } from "./transport/mod.ts";

/** Fails in one of several ways. Takes the place of any hook. */
type Fail = () => never;

const ERROR = new Error("expected failure");

/** Create failing hooks: of a function that fails, only the first failure is printed. */
const FAILURES: Readonly<Record<string, () => Fail>> = {
  throws: () => () => {
    throw ERROR;
  },
  // An unhandled rejection would fail the test.
  rejects: () => (() => Promise.reject(ERROR)) as unknown as Fail,
  "returns a thenable that rejects": () =>
    (() => ({
      then: (_: unknown, reject: (error: unknown) => void) => reject(ERROR),
    })) as unknown as Fail,
};

/** Handlers of which one requests a retry, once for each set. */
function handlers(): Handlers {
  let busy = true;
  return new Handlers().handle("greet", (name: string) => `Hello ${name}`)
    .handle("busy", () => {
      if (!busy) return "free";
      busy = false;
      throw new RetryError("busy", { wait: 1 });
    });
}

/** A peer uses its remote peer, and both their hooks run. */
async function talk(peer: Pick<Remote, "request" | "notify">): Promise<void> {
  assertEquals(await peer.request("greet", "Rasmus"), "Hello Rasmus");
  await peer.notify("none", 1);
  assertEquals(await peer.request("busy"), "free");
}

/** A conversation in memory in which both peers have hooks. */
async function conversation(options: PeerOptions): Promise<void> {
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    role: "acceptor",
    handlers: handlers(),
  });
  await using client = new Peer(left, options);
  await talk(client);
  assertEquals(client.state, "open");
}

/** A server with hooks that refuses a connection. */
async function refused(options: ServeOptions): Promise<void> {
  await using server = await serve(options, handlers());
  await assertRejects(async () => {
    await using peer = await connect(server.address);
    await peer.request("greet", "x");
  });
  // It is still there.
  await assertRejects(async () => {
    await using peer = await connect(server.address);
    await peer.request("greet", "x");
  });
}

async function upgrade(options: UpgradeHandlerOptions): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers(), options),
  );
  await assertRejects(async () => {
    await using peer = await connect(`ws://127.0.0.1:${server.addr.port}`);
    await peer.request("greet", "x");
  });
}

/** A call by plain HTTP with hooks that is refused. */
async function call(options: HttpHandlerOptions): Promise<void> {
  await using handler = httpHandler(handlers(), options);
  for (let time = 0; time < 2; time++) {
    const response = await handler(
      new Request("http://localhost/greet", {
        method: "POST",
        headers: {
          "content-type": "application/json",
          origin: "https://other.example",
        },
        body: '"x"',
      }),
    );
    assertEquals(response.status, 403);
    await response.body?.cancel();
  }
}

async function reconnecting(options: ReconnectOptions): Promise<void> {
  await using server = await serve({}, handlers());
  await using peer = reconnect(server.address, options);
  await talk(peer);
}

/** A peer of a page that is used with hooks. */
async function page(
  options: PageReconnectOptions,
  use: (peer: ReconnectingPagePeer) => Promise<unknown> = talk,
): Promise<void> {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers()),
  );
  await using peer = reconnectPage(
    `ws://127.0.0.1:${server.addr.port}`,
    options,
  );
  await use(peer);
}

async function clock(part: Partial<Clock>): Promise<void> {
  await conversation({ clock: { ...systemClock, ...part } });
}

/** Telemetry that does nothing, except that one function fails. */
function failingTelemetry(path: string, fail: Fail): Telemetry {
  const span = {
    spanContext: () => ({
      traceId: "1".repeat(32),
      spanId: "2".repeat(16),
      traceFlags: 1,
      traceState: { serialize: () => "a=b" },
    }),
    setStatus: () => {},
    recordException: () => {},
    end: () => {},
  };
  const observable = { addCallback: () => {} };
  const meter = {
    createHistogram: () => ({ record: () => {} }),
    createCounter: () => ({ add: () => {} }),
    createObservableCounter: () => observable,
    createObservableUpDownCounter: () => observable,
  };
  const tracer = { startSpan: () => span };
  const parts: Record<string, object> = {
    ContextApi: {
      active: () => undefined,
      with: (_: unknown, run: () => void) => run(),
    },
    TraceApi: {
      getTracer: () => tracer,
      setSpan: () => ({}),
      setSpanContext: () => ({}),
    },
    MetricsApi: { getMeter: () => meter },
    Telemetry: { createTraceState: () => ({ serialize: () => "" }) },
    Meter: meter,
    ObservableInstrument: observable,
    Span: span,
    Tracer: tracer,
  };
  const [part = "", name = ""] = path.split(".");
  Object.assign(parts[part]!, { [name]: fail });
  return {
    ...parts.Telemetry,
    trace: parts.TraceApi,
    context: parts.ContextApi,
    metrics: parts.MetricsApi,
  } as unknown as Telemetry;
}

/** Two peers, of which one has telemetry that fails. */
async function traced(path: string, fail: Fail): Promise<void> {
  const broken = failingTelemetry(path, fail);
  const sound = failingTelemetry("Telemetry.none", fail);
  const isOfCaller = path === "Span.spanContext";
  const [left, right] = memoryPair();
  await using _server = new Peer(right, {
    role: "acceptor",
    handlers: handlers().handle("fail", () => {
      throw new OperationError("no");
    }),
    telemetry: isOfCaller ? sound : broken,
  });
  await using client = new Peer(left, {
    telemetry: isOfCaller ? broken : sound,
  });
  await talk(client);
  await assertRejects(() => client.request("fail"), OperationError, "no");
  assertEquals(client.state, "open");
}

/** The functions of telemetry that peers call. */
const TELEMETRY = [
  "ContextApi.active",
  "ContextApi.with",
  "Meter.createCounter",
  "Meter.createHistogram",
  "Meter.createObservableCounter",
  "Meter.createObservableUpDownCounter",
  "MetricsApi.getMeter",
  "ObservableInstrument.addCallback",
  "Span.end",
  "Span.recordException",
  "Span.setStatus",
  "Span.spanContext",
  "Telemetry.createTraceState",
  "TraceApi.getTracer",
  "TraceApi.setSpan",
  "TraceApi.setSpanContext",
  "Tracer.startSpan",
] as const;

/** What uses a hook that fails, and how many failures are printed. */
interface HookCase {
  readonly run: (fail: Fail) => Promise<void>;
  readonly lines: number;
}

function once(run: (fail: Fail) => Promise<void>, lines = 1): HookCase {
  return { run, lines };
}

const loopback = { hostname: "127.0.0.1", port: 0 };
const webSocket = { ...loopback, transport: "websocket" } as const;
const schema = (validate: Fail) => ({
  "~standard": { version: 1, vendor: "test", validate },
} as const);

/** A case for each function among the options, by the interface that declares it. */
const CASES: Readonly<Record<string, HookCase>> = {
  "AcceptOptions.origins": once(async (origins) => {
    await using server = await serve({ ...webSocket, origins }, handlers());
    await assertRejects(() =>
      connect(server.address, { origin: "http://a.example" })
    );
  }),
  "Clock.cancel": once((fail) =>
    clock({
      cancel(timer) {
        systemClock.cancel(timer);
        return fail();
      },
    })
  ),
  "Clock.date": once((date) => clock({ date })),
  "Clock.now": once((now) => clock({ now })),
  "Clock.schedule": once((schedule) => clock({ schedule })),
  "ListenWebSocketOptions.onRequest": once((onRequest) =>
    refused({ ...webSocket, onRequest } as ServeOptions)
  ),
  "Login.authenticate": once(async (authenticate) => {
    const login = { operation: "login", authenticate };
    await using server = await serve({ ...loopback, login }, handlers());
    await using peer = await connect(server.address);
    await assertRejects(() => peer.request("login", 1), OperationError);
  }),
  "PeerOptions.load": once((load) => conversation({ load })),
  "PeerOptions.onEvent": once((onEvent) => conversation({ onEvent })),
  "PeerOptions.onMessage": once((onMessage) => conversation({ onMessage })),
  "PeerOptions.random": once((random) => conversation({ random })),
  "PageReconnectOptions.onConnect": once(
    (onConnect) => page({ onConnect, maxAttempts: 1 }, ({ closed }) => closed),
    0,
  ),
  "PageReconnectOptions.onConnectionEvent": once((onConnectionEvent) =>
    page({ onConnectionEvent })
  ),
  "ReconnectOptions.isFinal": once(async (isFinal) => {
    const peer = reconnect("tcp://127.0.0.1:1", { isFinal, maxAttempts: 1 });
    await peer.closed;
  }),
  "ReconnectOptions.onConnect": once(async (onConnect) => {
    await using server = await serve(loopback, handlers());
    const peer = reconnect(server.address, { onConnect, maxAttempts: 1 });
    await peer.closed;
  }),
  "ReconnectOptions.onConnectionEvent": once((onConnectionEvent) =>
    reconnecting({ onConnectionEvent })
  ),
  "Schema.~standard.validate": once(async (validate) => {
    const [left, right] = memoryPair();
    await using _server = new Peer(right, {
      role: "acceptor",
      handlers: new Handlers()
        .handle("input", () => 1, { input: schema(validate) })
        .handle("ok", () => 1),
    });
    await using peer = new Peer(left);
    await assertRejects(() => peer.request("input"), OperationError);
    const output = schema(validate);
    await assertRejects(() => peer.request("ok", 1, { output }), Error);
    assertEquals(await peer.request("ok"), 1);
  }),
  "ServerOptions.authenticate": once((authenticate) =>
    refused({ ...loopback, authenticate })
  ),
  // One line for each peer.
  "ServerOptions.onPeer": once((onPeer) => refused({ ...loopback, onPeer }), 2),
  "HttpHandlerOptions.authenticate": once((authenticate) =>
    call({ authenticate, origins: "*" })
  ),
  "UpgradeHandlerOptions.authenticate": once((authenticate) =>
    upgrade({ authenticate })
  ),
  "UpgradeHandlerOptions.onPeer": once((onPeer) => upgrade({ onPeer })),
};
for (const path of TELEMETRY) {
  Object.assign(CASES, { [path]: once((fail) => traced(path, fail)) });
}
for (
  const declared of [
    "AcceptUpgradeOptions",
    "ListenTcpOptions",
    "ListenTlsOptions",
    "ListenUnixOptions",
    "ListenWebSocketOptions",
    "ProxiedListenerOptions",
    "ServerOptions",
    "UpgradeHandlerOptions",
  ]
) {
  Object.assign(CASES, {
    [`${declared}.onRefused`]: once((onRefused) =>
      refused({ ...loopback, maxConnections: 0, onRefused })
    ),
  });
}

for (
  const declared of [
    "AcceptCallOptions",
    "HttpHandlerOptions",
    "ObservedOptions",
  ]
) {
  Object.assign(CASES, {
    [`${declared}.onRefused`]: once((onRefused) => call({ onRefused })),
  });
}

for (const [name, { run, lines }] of Object.entries(CASES)) {
  Deno.test(`a hook that fails is reported once and harms nobody: ${name}`, async (t) => {
    for (const [how, fail] of Object.entries(FAILURES)) {
      await t.step(how, async () => {
        const found = await printed(() => run(fail()));
        assertEquals(found.length, lines, Deno.inspect(found));
        for (const line of found) {
          assertEquals((line as unknown[])[0], "error");
        }
      });
    }
  });
}

/** A type, as `deno doc --json` describes it. */
interface DocType {
  readonly kind: string;
  // deno-lint-ignore no-explicit-any
  readonly value?: any;
}

interface DocMembers {
  readonly methods?: readonly { readonly name: string }[];
  readonly properties?: readonly {
    readonly name: string;
    readonly tsType?: DocType;
  }[];
}

interface Declaration {
  readonly kind: string;
  readonly def: DocMembers & { readonly tsType: DocType };
}

/** Where the library declares options. */
const FOLDERS = [
  "./",
  "codec/",
  "peer/",
  "peer/reconnecting/",
  "transport/",
  "transport/websocket/",
];

/** Reads all declarations of the library that are exported from their files. */
async function declarations(): Promise<Map<string, Declaration>> {
  const files = FOLDERS.flatMap((folder) =>
    Array.from(
      Deno.readDirSync(new URL(folder, import.meta.url)),
      ({ name }) => folder + name,
    ).filter((path) => /(?<!_test|_bench)\.ts$/.test(path))
  );
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...files],
    cwd: new URL(".", import.meta.url),
    stderr: "null",
  }).output();
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
  const found = new Map<string, Declaration>();
  // deno-lint-ignore no-explicit-any
  for (const { symbols } of Object.values<any>(nodes)) {
    for (const { name, declarations } of symbols) {
      for (const declaration of declarations) {
        if (declaration.kind !== "reference") found.set(name, declaration);
      }
    }
  }
  return found;
}

/** Parts of options that are no hooks, and why. */
const NO_HOOKS: ReadonlySet<string> = new Set([
  "Channel", // a transport, with a contract and a suite of its own
  "ChannelClock", // timers of a channel, for tests
  "Listener", // the same as a channel
]);

/** Lists the functions among the options, as `Interface.member`. */
async function hooks(): Promise<string[]> {
  const known = await declarations();
  const found = new Set<string>();
  const seen = new Set<string>();
  const member = (type: DocType | undefined, where: string): void => {
    if (type === undefined) return;
    const { kind, value } = type;
    if (kind === "fnOrConstructor") found.add(where);
    else if (kind === "union" || kind === "intersection") {
      for (const part of value) member(part, where);
    } else if (kind === "parenthesized") member(value, where);
    else if (kind === "typeLiteral") members(value, where);
    else if (kind === "typeRef") named(value.typeName, where);
  };
  const named = (name: string, where: string): void => {
    const declaration = known.get(name);
    if (declaration === undefined || NO_HOOKS.has(name)) return;
    if (declaration.kind === "typeAlias") {
      member(declaration.def.tsType, where);
    } else if (declaration.kind === "interface" && !seen.has(name)) {
      seen.add(name);
      members(declaration.def, name);
    }
  };
  const members = ({ methods, properties }: DocMembers, of: string): void => {
    for (const { name } of methods ?? []) found.add(`${of}.${name}`);
    for (const { name, tsType } of properties ?? []) {
      member(tsType, `${of}.${name}`);
    }
  };
  for (const name of known.keys()) {
    if (name.endsWith("Options")) named(name, name);
  }
  // Options have these only indirectly, as what functions return.
  for (
    const name of ["Meter", "ObservableInstrument", "Span", "Tracer"]
  ) named(name, name);
  return [...found].sort();
}

Deno.test("every function among the options has a case here", async () => {
  assertEquals(await hooks(), Object.keys(CASES).sort());
});
