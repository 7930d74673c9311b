/**
 * Shows Gotalk at work: two peers that talk over TCP, then over WebSocket, with every message as it
 * crosses the wire. Given a recorded conversation, it shows that instead.
 *
 * @module
 */

import { showConversation } from "./_live_conversation.ts";
import { showRecording } from "./_recording.ts";

const HELP = `Usage: deno task demo [FILE | -]

Without arguments, two peers talk over TCP, then over WebSocket: requests both
ways, a stream both ways, notifications, an error, a retry after a wait, and a
call that is given up. Every message is shown as it crosses the wire.

  FILE     shows a recorded conversation instead: the bytes of one direction,
           protocol version first; examples/recorded.gotalk is one
  -        the same, from standard input
  --help   this text

Exit status: 0 all went as it should; 1 it did not, or the recording is
malformed; 2 the arguments are.`;

async function main(args: readonly string[]): Promise<number> {
  const [argument, ...more] = args;
  if (argument === "--help" || argument === "-h") {
    console.log(HELP);
    return 0;
  }
  if (more.length > 0 || (argument?.startsWith("-") && argument !== "-")) {
    console.error(
      `Cannot run the demo: ${args.join(" ")} is not understood, see --help`,
    );
    return 2;
  }
  if (argument !== undefined) return await showFile(argument);
  await showConversation("tcp");
  console.log();
  await showConversation("websocket");
  return 0;
}

async function showFile(path: string): Promise<number> {
  try {
    const stream = path === "-"
      ? Deno.stdin.readable
      : (await Deno.open(path)).readable;
    return await showRecording(stream, console.log) ? 0 : 1;
  } catch (error) {
    console.error(
      `Cannot show ${path}: ${error instanceof Error ? error.message : error}`,
    );
    return 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
