/**
 * A chat for browsers.
 *
 *     deno task chat [--port 8080] [--host 127.0.0.1] [--nats nats://127.0.0.1:4222]
 *
 * Processes with the same `--nats` share their rooms. SIGINT and SIGTERM end it
 * once what runs is complete.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { startChat } from "./server.ts";

const HELP = `A chat for browsers.

Usage: deno task chat [--port PORT] [--host HOST] [--nats SERVERS]

  --port PORT      the port to listen on; 8080 by default
  --host HOST      the address to listen on; 127.0.0.1 by default
  --nats SERVERS   share the rooms with other processes, through servers of NATS
  --help           show this text`;

const values = readArguments();
if (values.help) {
  console.log(HELP);
  Deno.exit();
}

const chat = await startChat({
  hostname: values.host,
  port: Number(values.port),
  nats: values.nats,
});
console.log(`The chat is at ${chat.address}`);

const end = async () => {
  await chat[Symbol.asyncDispose]();
  Deno.exit();
};
Deno.addSignalListener("SIGINT", end);
Deno.addSignalListener("SIGTERM", end);

/** Returns the options; ends the program if they are wrong. */
function readArguments() {
  try {
    return parseArgs({
      args: Deno.args,
      options: {
        port: { type: "string", default: "8080" },
        host: { type: "string", default: "127.0.0.1" },
        nats: { type: "string" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    console.error((error as Error).message);
    console.error("See deno task chat --help");
    Deno.exit(2);
  }
}
