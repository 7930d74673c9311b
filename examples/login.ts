/**
 * A server that requires a login, and a client that logs in on each new
 * connection.
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

/**
 * The users by token. A real server stores hashes of tokens, outside its code.
 */
const users = new Map<unknown, User>([["opensesame", { name: "Ali" }]]);

const login: Login = {
  operation: "login",
  authenticate({ token }: { token: string }, { info }) {
    const user = users.get(token);
    // Returning undefined also refuses the login, but without a reason.
    if (user === undefined) throw new OperationError("no such token");
    return { ...user, over: info.transport };
  },
};

/**
 * Connects a client without a token, one with a wrong token, and Ali, and
 * prints the outcomes.
 */
export async function showLogins(print: (line: string) => void): Promise<void> {
  const handlers = new Handlers()
    .handle("greet", (_: unknown, { auth }) => `Hello ${(auth as User).name}`);
  await using server = await serve({
    login,
    onPeer: ({ auth }) => print(`connected: ${(auth as User).name}`),
  }, handlers);

  await using anonymous = await connect(server.address);
  print(`no token: ${await outcome(anonymous.request("greet"))}`);

  const wrong = await connect(server.address);
  print(
    `wrong token: ${await outcome(
      wrong.request("login", { token: "please" }),
    )}`,
  );
  await wrong.closed;

  await using ali = reconnect(server.address, {
    initialDelay: 1,
    onConnect: (peer: Peer) => peer.request("login", { token: "opensesame" }),
  });
  print(`Ali: ${await outcome(ali.request("greet"))}`);
  // The connection is lost; the client reconnects and logs in again.
  for (const peer of server.peers) peer.abort();
  print(
    `Ali: ${await outcome(ali.request("greet", null, { idempotent: true }))}`,
  );
}

/** Waits for a call, and returns its result or the text of its ErrorResult. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return await call;
  } catch (error) {
    if (isOperationError(error)) return text.decode(error.payload);
    throw error;
  }
}

if (import.meta.main) await showLogins((line) => console.log(line));
