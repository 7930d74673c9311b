import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  connect,
  type ConnectOptions,
  Handlers,
  serve,
  type ServeOptions,
  upgradeHandler,
  type UpgradeHandlerOptions,
} from "@gotalk/gotalk";
import { needing } from "../scripts/find_program.ts";
import {
  CERTIFICATE,
  PROXIES,
  type Proxy,
  type ProxyName,
  startProxy,
} from "./_proxy.ts";

const caCerts = [await Deno.readTextFile(CERTIFICATE.cert)];

/** Returns what the server knows of a client. */
const handlers = new Handlers().handle("who", (_: unknown, { info }) => ({
  url: info.request?.url,
  remote: info.remote,
  secure: info.secure,
}));

/** A server of ours. */
interface Backend extends AsyncDisposable {
  /** Its address without a scheme: host and port, or a path. */
  readonly place: string;
}

async function own(options: ServeOptions): Promise<Backend> {
  const server = await serve(options, handlers);
  return {
    place: new URL(server.address).host,
    [Symbol.asyncDispose]: () => server.close(),
  };
}

function http(options: UpgradeHandlerOptions): Backend {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    upgradeHandler(handlers, options),
  );
  return {
    place: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function proxyTest(
  name: ProxyName,
  what: string,
  fn: () => Promise<void>,
): void {
  Deno.test(needing({ [name]: PROXIES[name] }, {
    name: `${name} ${what}`,
    timeout: 60_000,
    fn,
  }));
}

/** Connects and asks what the server knows. */
async function ask(
  url: string,
  options: ConnectOptions = {},
): Promise<{ url?: string; remote?: string; secure: boolean }> {
  await using peer = await connect(url, { caCerts, ...options });
  return await peer.request("who", null);
}

/** A program and a page of the site are served, and known; another page is not. */
async function assertServesSite({ port }: Proxy): Promise<void> {
  const page = `https://localhost:${port}`;
  const url = `wss://localhost:${port}/a%20b//c?d=e`;
  for (const origin of [undefined, "same", page]) {
    const { remote, ...known } = await ask(url, { origin });
    assertEquals(known, { url: url.replace("wss", "https"), secure: true });
    assertEquals(remote, "tcp://127.0.0.1");
  }
  // What a client claims is not believed.
  const headers = { "X-Forwarded-For": "6.6.6.6", "Forwarded": "for=6.6.6.6" };
  const { remote } = await ask(url, { headers });
  assert(remote?.startsWith("tcp://6.6.6.6") === false, remote);
  for (const origin of ["https://evil.example", "null"]) {
    await assertRejects(() => ask(url, { origin }), Error, "403");
  }
}

/**
 * How the proxies connect to a server from another address than the client's,
 * which would be a trusted one as well. Caddy has no such option, and forwards
 * nothing that a client claims.
 */
const FROM_ELSEWHERE: Record<
  ProxyName,
  (place: string) => { address: string; changes: Record<string, string> }
> = {
  nginx: (place) => ({
    address: "127.0.0.2",
    changes: {
      "http://127.0.0.1:8080;": `http://${place}; proxy_bind 127.0.0.2;`,
    },
  }),
  haproxy: (place) => ({
    address: "127.0.0.2",
    changes: { "127.0.0.1:8080": `${place} source 127.0.0.2` },
  }),
  caddy: (place) => ({
    address: "127.0.0.1",
    changes: { "127.0.0.1:8080": place },
  }),
};

for (const name of ["nginx", "haproxy", "caddy"] as const) {
  proxyTest(
    name,
    "serves a site as its configuration in docs/proxies.md says",
    async () => {
      const { address } = FROM_ELSEWHERE[name]("");
      const trust = { trustedProxies: [address], hosts: ["example.com"] };
      const backends = [
        await own({ ...trust, transport: "websocket" }),
        http(trust),
      ];
      for (const backend of backends) {
        await using _ = backend;
        const { changes } = FROM_ELSEWHERE[name](backend.place);
        await using proxy = await startProxy(name, 0, changes);
        await assertServesSite(proxy);
      }
    },
  );
}

proxyTest(
  "nginx",
  "serves a site of an HTTP server on a Unix socket",
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "gotalk-proxy-" });
    const path = `${folder}/app.sock`;
    const server = Deno.serve(
      { path, onListen() {} },
      upgradeHandler(handlers, { trustedProxies: ["unix"] }),
    );
    try {
      await using proxy = await startProxy("nginx", 0, {
        "http://127.0.0.1:8080": `http://unix:${path}`,
      });
      await assertServesSite(proxy);
    } finally {
      await server.shutdown();
      await Deno.remove(folder, { recursive: true });
    }
  },
);

proxyTest(
  "nginx",
  "that rewrites Host lets programs in, and pages that are listed",
  async () => {
    const changes = { "proxy_set_header Host $http_host;": "" };
    const origin = "https://example.com";
    for (
      const [origins, pages] of [["same", false], [[origin], true]] as const
    ) {
      await using backend = await own({ transport: "websocket", origins });
      await using proxy = await startProxy("nginx", 0, {
        ...changes,
        "127.0.0.1:8080": backend.place,
      });
      const url = `wss://localhost:${proxy.port}/`;
      const known = await ask(url);
      // Nothing is trusted.
      assertEquals(known.url, `http://${backend.place}/`);
      assertEquals(known.secure, false);
      if (pages) await ask(url, { origin });
      else await assertRejects(() => ask(url, { origin }), Error, "403");
    }
  },
);

proxyTest(
  "nginx",
  "that names the default port serves pages of its site",
  async () => {
    // As behind 443: the page has no port, and Host has one.
    await using backend = await own({ transport: "websocket" });
    await using proxy = await startProxy("nginx", 0, {
      "Host $http_host": "Host localhost:443",
      "127.0.0.1:8080": backend.place,
    });
    const url = `wss://localhost:${proxy.port}/`;
    await ask(url, { origin: "https://localhost" });
    await assertRejects(() => ask(url, { origin: "same" }), Error, "403");
  },
);

for (
  const [send, secure] of [
    ["send-proxy-v2-ssl", true],
    ["send-proxy-v2", false],
    ["send-proxy", false],
  ] as const
) {
  proxyTest(
    "haproxy",
    `with ${send} names the clients of TCP, and of WebSockets`,
    async () => {
      for (
        const [transport, scheme] of [["tcp", "tls"], [
          "websocket",
          "wss",
        ]] as const
      ) {
        await using backend = await own({
          transport,
          trustedProxies: ["127.0.0.1"],
          proxyProtocol: true,
        });
        await using proxy = await startProxy("haproxy", 1, {
          "127.0.0.1:8080": backend.place,
          "send-proxy-v2-ssl": send,
        });
        const url = `${scheme}://localhost:${proxy.port}`;
        await using peer = await connect(url, { caCerts });
        const known = await peer.request("who", null) as {
          remote?: string;
          secure: boolean;
        };
        // The proxy's own connection has another port.
        assertEquals(known.remote, peer.info.local?.replace("tls", "tcp"));
        assertEquals(known.secure, secure);
      }
    },
  );
}
