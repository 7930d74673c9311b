/**
 * A worker of the chat server.
 *
 * @module
 */

import { type Contract, Handlers, serve, type Server } from "@gotalk/gotalk";
import { Rooms } from "@gotalk/gotalk/rooms";
import { broadcastChannelBackPlane } from "@gotalk/gotalk/rooms/broadcast-channel";

/** What clients can request. */
export interface Chat extends Contract {
  operations: {
    /** Returns the names of those who are there. */
    join(name: string): string[];
    say(text: string): void;
    /** Names the worker that serves the client. */
    worker(): string;
  };
}

/** What clients handle. */
export interface ChatClient extends Contract {
  notifications: { said: string };
}

/** What the main thread posts: where to listen, then that it ends. */
interface WorkerScope {
  onmessage: (event: MessageEvent<{ port: number } | "drain">) => void;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as WorkerScope;
const name = crypto.randomUUID();

const rooms = new Rooms<ChatClient, string>({
  backPlane: broadcastChannelBackPlane(),
});
const lobby = rooms.room("lobby");

const handlers = new Handlers<Chat, ChatClient>()
  .handle("join", async (name, { peer }) => {
    await lobby.join(peer, name);
    return (await lobby.members()).map(({ data }) => data);
  })
  .handle("say", (text, { peer }) => {
    lobby.notify("said", text, { except: peer });
  })
  .handle("worker", () => name);

let server: Server<ChatClient>;
scope.onmessage = async ({ data }) => {
  if (data === "drain") {
    await server.drain({ timeout: 10_000 });
    await rooms.close();
    return scope.postMessage("done");
  }
  const { port } = data;
  server = await serve({ port, reusePort: true }, handlers);
  scope.postMessage({ port: Number(new URL(server.address).port) });
};
