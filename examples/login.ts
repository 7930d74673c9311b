/**
 * A server that wants to know who is there, and a client that logs in over each of its connections.
 *
 * Run it with `deno run --allow-net=127.0.0.1 examples/login.ts`.
 *
 * @module
 */

import {
  connect,
  Handlers,
  isOperationError,
  type Login,
  OperationError,
  type Peer,
  reconnect,
  serve,
} from "@gotalk/gotalk";
import { text } from "@gotalk/gotalk/codec";

interface User {
  readonly name: string;
}

/** Who has which token; a real server would keep hashes of them, elsewhere. */
const users = new Map<unknown, User>([["opensesame", { name: "Ali" }]]);

const login: Login = {
  operation: "login",
  authenticate({ token }: { token: string }, { info }) {
    const user = users.get(token);
    // Returning undefined would refuse as well, without a word why.
    if (user === undefined) throw new OperationError("no such token");
    return { ...user, over: info.transport };
  },
};

/** Lets a stranger, somebody with a wrong token and Ali come, and prints what becomes of them. */
export async function welcome(print: (line: string) => void): Promise<void> {
  const handlers = new Handlers()
    .handle("greet", (_: unknown, { auth }) => `Hello ${(auth as User).name}`);
  await using server = await serve({
    login,
    onPeer: ({ auth }) => print(`connected: ${(auth as User).name}`),
  }, handlers);

  await using stranger = await connect(server.address);
  print(`stranger: ${await outcome(stranger.request("greet"))}`);

  const thief = await connect(server.address);
  print(`thief: ${await outcome(thief.request("login", { token: "please" }))}`);
  await thief.closed;

  await using ali = reconnect(server.address, {
    initialDelay: 1,
    onConnect: (peer: Peer) => peer.request("login", { token: "opensesame" }),
  });
  print(`Ali: ${await outcome(ali.request("greet"))}`);
  // The connection is lost, and Ali need not know.
  for (const peer of server.peers) peer.abort();
  print(
    `Ali: ${await outcome(ali.request("greet", null, { idempotent: true }))}`,
  );
}

/** What a call comes to: its answer, or the error that it was answered with. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isOperationError(error)) return text.decode(error.payload);
    throw error;
  }
}

if (import.meta.main) await welcome((line) => console.log(line));
