/**
 * A process with a member of the room "lobby", whose name is Eva.
 *
 * @module
 */

import { connect, Handlers, serve } from "@gotalk/gotalk";
import { Rooms } from "@gotalk/gotalk/rooms";
import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";

const [port] = Deno.args;
const rooms = new Rooms({
  presenceInterval: 100,
  backPlane: await natsBackPlane({ servers: `127.0.0.1:${port}` }),
});
const server = await serve({
  onPeer: (peer) => rooms.room("lobby").join(peer, "Eva"),
});
await connect(server.address, {
  handlers: new Handlers().handle("ping", () => "pong"),
});
