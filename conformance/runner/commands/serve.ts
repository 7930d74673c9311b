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
                         "PLACE PLACE#LIMITS …" listens at several places, with other limits at each:
                         --tcp "127.0.0.1:1234 127.0.0.1:1235#maxPayload=1000,maxSkip=2000"
${OPTIONS_HELP}`,
  async run(args, terminal) {
    const { text: { options, ...places } } = parseArguments(args, {
      text: ["tcp", "websocket", "unix", "options"],
    });
    const wanted = Object.keys(places).length > 0
      ? places
      : { tcp: "127.0.0.1:0", websocket: "127.0.0.1:0" };
    const servers: Server[] = [];
    const lines: string[] = [];
    try {
      for (const [transport, places] of Object.entries(wanted)) {
        for (const place of places!.trim().split(/\s+/)) {
          const [where = "", limits = ""] = place.split("#", 2);
          const { handlers, ...own } = reference(
            options,
            terminal,
            limits,
          );
          const server = await serve(
            { ...placeOf(transport, where), ...own },
            handlers,
          );
          servers.push(server);
          lines.push(server.address + (limits === "" ? "" : `#${limits}`));
        }
      }
      for (const address of lines) {
        terminal.out(`${JSON.stringify({ address })}\n`);
      }
      await untilAborted(terminal.signal);
    } catch (error) {
      if (error instanceof UsageError) throw error;
      throw new UsageError(messageOf(error));
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
    throw new UsageError(
      `--${transport} is ${place}, wanted HOST:PORT with a port up to 65535`,
    );
  }
  return {
    transport: transport as "tcp" | "websocket",
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: Number(port),
  };
}
