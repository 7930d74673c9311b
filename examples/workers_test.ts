import { assertEquals } from "@std/assert";
import { connect, Handlers, type Peer } from "@gotalk/gotalk";
import type { Chat, ChatClient } from "./_chat_worker.ts";
import { Program } from "./testing/program.ts";

interface Client {
  readonly peer: Peer<Chat>;
  readonly said: Promise<string>;
}

async function client(address: string): Promise<Client> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const handlers = new Handlers<ChatClient>().onNotification("said", resolve);
  return { peer: await connect<Chat>(address, { handlers }), said: promise };
}

// The system distributes connections only there.
const ignore = Deno.build.os !== "linux";

Deno.test(
  "workers on one port share their rooms, and finish their calls at SIGTERM",
  { ignore },
  async () => {
    await using program = new Program(
      new URL("./workers.ts", import.meta.url),
      { options: ["--unstable-net", "--allow-read"], args: ["0", "2"] },
    );
    const address = await program.address();

    // Until both workers have a client: each has one of two with the same chance.
    const clients = new Map<string, Client>();
    const all: Client[] = [];
    while (clients.size < 2) {
      const next = await client(address);
      all.push(next);
      clients.set(await next.peer.request("worker"), next);
    }
    const [ali, eva] = [...clients.values()] as [Client, Client];
    assertEquals(await ali.peer.request("join", "Ali"), ["Ali"]);
    const names = await eva.peer.request("join", "Eva");
    assertEquals(names.toSorted(), ["Ali", "Eva"]);
    await ali.peer.request("say", "hello");
    assertEquals(await eva.said, "hello");

    program.terminate();
    await Promise.all(all.map(({ peer }) => peer.closed));
    assertEquals(await program.ended(), 0);
  },
);
