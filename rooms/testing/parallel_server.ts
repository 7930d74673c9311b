/**
 * A server of one room for `deno serve --parallel`: each worker loads it.
 *
 * @module
 */

import { type Contract, fetchHandler, Handlers } from "@gotalk/gotalk";
import { Rooms } from "@gotalk/gotalk/rooms";
import { broadcastChannelBackPlane } from "@gotalk/gotalk/rooms/broadcast-channel";

/** What clients request. */
interface Server extends Contract {
  operations: {
    worker(): string;
    join(name: string): string[];
    say(text: string): void;
  };
}

/** What clients handle. */
interface Client extends Contract {
  notifications: { said: string };
}

const worker = crypto.randomUUID();
const rooms = new Rooms<Client, string>({
  backPlane: broadcastChannelBackPlane(),
});
const lobby = rooms.room("lobby");

const handlers = new Handlers<Server, Client>()
  .handle("worker", () => worker)
  .handle("join", async (name, { peer }) => {
    await lobby.join(peer, name);
    return (await lobby.members()).map(({ data }) => data);
  })
  .handle("say", (text, { peer }) => {
    lobby.notify("said", text, { except: peer });
  });

export default { fetch: fetchHandler(handlers) };

// The runtime ends the WebSockets. The process ends once nothing is left to do.
Deno.addSignalListener("SIGTERM", function close() {
  Deno.removeSignalListener("SIGTERM", close);
  void rooms.close();
});
