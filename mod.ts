/**
 * Gotalk for Deno: programs that talk with one another.
 *
 * Both ends of a connection can ask, answer, notify and stream, all at the same time, over TCP, TLS,
 * Unix sockets, WebSocket or any pair of streams.
 *
 * @example A server and a client
 * ```ts
 * import { connect, Handlers, serve } from "@gotalk/gotalk";
 * import { assertEquals } from "@std/assert";
 *
 * const handlers = new Handlers()
 *   .handle("greet", ({ name }: { name: string }) => ({ greeting: `Hello ${name}` }));
 *
 * await using server = await serve({ port: 0 }, handlers);
 * await using peer = await connect(server.address);
 * assertEquals(await peer.request("greet", { name: "Rasmus" }), { greeting: "Hello Rasmus" });
 * ```
 *
 * @module
 */

export * from "./codec/mod.ts";
export * from "./connect.ts";
export * from "./peer/mod.ts";
export * from "./serve.ts";
export * from "./upgrade_handler.ts";
