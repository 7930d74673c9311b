/**
 * A worker of the chat server.
 *
 * @module
 */

import { type Contract, Handlers } from "@gotalk/gotalk";
import { Rooms } from "@gotalk/gotalk/rooms";
import { broadcastChannelBackPlane } from "@gotalk/gotalk/rooms/broadcast-channel";
import { serveInWorker } from "@gotalk/gotalk/workers";

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

await serveInWorker({ onFinished: () => rooms.close() }, handlers);
