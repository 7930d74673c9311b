import { assertRejects } from "@std/assert";
import { serve, type ServeOptions } from "./serve.ts";

/** Options that make no sense, with the option that the error names. */
const SENSELESS: readonly [options: object, name: string][] = [
  [{ limits: { maxPayloadBytes: NaN } }, "maxPayloadBytes"],
  [{ limits: { heartbeatInterval: 0 } }, "heartbeatInterval"],
  [{ limits: { closeTimeout: -1 } }, "closeTimeout"],
  [{ retry: { attempts: NaN } }, "attempts"],
  [{ retry: { jitter: -1 } }, "jitter"],
  [{ maxConnections: NaN }, "maxConnections"],
  [{ maxConnections: -1 }, "maxConnections"],
  [{ maxTotalHeldBytes: 0 }, "maxTotalHeldBytes"],
  [{ transport: "websocket", upgradeTimeout: NaN }, "upgradeTimeout"],
  [{ transport: "websocket", maxPendingHandshakes: 0 }, "maxPendingHandshakes"],
  [{ transport: "websocket", maxHeadBytes: 0 }, "maxHeadBytes"],
  [{ transport: "websocket", maxMessageBytes: NaN }, "maxMessageBytes"],
];

Deno.test("serve() rejects options that make no sense, and leaves its port free", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  for (const [options, name] of SENSELESS) {
    await assertRejects(
      () => serve({ port, ...options }),
      RangeError,
      `Cannot set ${name}`,
    );
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  }
});

/** Options of the wrong kind, which otherwise no request could match, and the name of each. */
const MISTAKEN: [ServeOptions, string][] = [
  [{ transport: "websocket", origins: "https://a.example" }, "origins"],
  [{ transport: "websocket", hosts: "a.example" }, "hosts"],
  [{ transport: "websocket", proxyHeaders: "via" }, "proxyHeaders"],
  [{ transport: "websocket", trustedProxies: "::1" }, "trustedProxies"],
  [{ proxyProtocol: true, trustedProxies: ["lo"] }, "trustedProxies[0]"],
  [{ maxConnections: "5" }, "maxConnections"],
  [{ signal: new AbortController() }, "signal"],
  [{ limits: { maxPayloadBytes: null } }, "maxPayloadBytes"],
  [{ limits: { maxPayloadBytes: undefined } }, "maxPayloadBytes"],
] as unknown as [ServeOptions, string][];

Deno.test("serve() rejects options of the wrong kind, and leaves its port free", async () => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr;
  free.close();
  for (const [options, name] of MISTAKEN) {
    await assertRejects(
      () => serve({ port, ...options }),
      TypeError,
      `Cannot set ${name}: got `,
    );
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  }
});
