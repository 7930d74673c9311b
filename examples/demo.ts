/**
 * Prints every message of a conversation between two peers, over TCP and then
 * over WebSocket, or those of a recorded conversation: `deno task demo [FILE]`.
 *
 * @module
 */

import { showConversation } from "./_live_conversation.ts";
import { showRecording } from "./_recording.ts";

const HELP = `Usage: deno task demo [FILE | -]

Without arguments, two peers communicate over TCP, then over WebSocket:
requests and a stream in both directions, notifications, an error, a retry after
a wait, and an abandoned call. The demo prints every message.

  FILE     print a recorded conversation instead: the bytes of one direction,
           starting with the protocol version, as in examples/recorded.gotalk
  -        the same, from standard input
  --help   print this help

Exit status: 0 on success; 1 on failure, or if the recording is malformed;
2 if an argument is invalid.`;

async function main(args: readonly string[]): Promise<number> {
  const [argument, ...more] = args;
  if (argument === "--help" || argument === "-h") {
    console.log(HELP);
    return 0;
  }
  if (more.length > 0 || (argument?.startsWith("-") && argument !== "-")) {
    console.error(
      `Cannot run the demo: got the arguments ${
        args.join(" ")
      }, wanted at most one FILE, see --help`,
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
