/**
 * The command `serve`.
 *
 * @module
 */

import { serve, type ServeOptions, type Server } from "@gotalk/gotalk";
import { parseArguments } from "../command_line/arguments.ts";
import {
  type Command,
  messageOf,
  UsageError,
} from "../command_line/command.ts";
import {
  OPTIONS_HELP,
  reference,
  untilAborted,
} from "../command_line/reference.ts";

/** Serves the standard operations until the program is interrupted. */
export const serveCommand: Command = {
  name: "serve",
  summary: "serve the standard operations, for people who write adapters",
  help: `Usage: serve [options]

Serves the standard operations with the library @gotalk/gotalk. Prints a line of JSON for each address,
then the notifications it receives. Runs until it is interrupted.

Options:
  --tcp HOST:PORT        Listen on TCP; port 0 chooses a free port
  --websocket HOST:PORT  Listen for WebSockets on any path
  --unix PATH            Listen on a Unix socket
                         Without any of these: TCP and WebSocket on free ports
${OPTIONS_HELP}`,
  async run(args, terminal) {
    const { text: { options, ...places } } = parseArguments(args, {
      text: ["tcp", "websocket", "unix", "options"],
    });
    const setup = reference(options, terminal);
    const wanted = Object.keys(places).length > 0
      ? places
      : { tcp: "127.0.0.1:0", websocket: "127.0.0.1:0" };
    const servers: Server[] = [];
    try {
      for (const [transport, place] of Object.entries(wanted)) {
        servers.push(
          await serve(
            { ...placeOf(transport, place!), limits: setup.limits },
            setup.handlers,
          ),
        );
      }
      for (const { address } of servers) {
        terminal.out(`${JSON.stringify({ address })}\n`);
      }
      await untilAborted(terminal.signal);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(`cannot listen: ${messageOf(error)}`);
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
    return 0;
  },
};

function placeOf(transport: string, place: string): ServeOptions {
  if (transport === "unix") return { transport, path: place };
  const url = URL.parse(`http://${place}`);
  const [, port] = place.match(/:(\d+)$/) ?? [];
  if (url === null || port === undefined) {
    throw new UsageError(`--${transport} is ${place}, wanted HOST:PORT`);
  }
  return {
    transport: transport as "tcp" | "websocket",
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
  };
}
