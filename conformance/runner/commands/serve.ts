/**
 * The command that serves the standard operations.
 *
 * @module
 */

import { serve, type ServeOptions, type Server } from "@gotalk/gotalk";
import { parseArguments } from "./_arguments.ts";
import { type Command, messageOf, UsageError } from "./_command.ts";
import { OPTIONS_HELP, reference, untilAborted } from "./_reference.ts";

/** Serves the standard operations until it is interrupted. */
export const serveCommand: Command = {
  name: "serve",
  summary: "serve the standard operations, for people who write adapters",
  help: `Usage: serve [options]

Serves the standard operations with this package, and prints one line of JSON for each address, then the
notifications that come in. Ends when it is interrupted.

  --tcp HOST:PORT        listens on TCP; port 0 takes a free one
  --websocket HOST:PORT  listens for WebSockets on any path
  --unix PATH            listens on a Unix socket
                         Without any of these, on TCP and for WebSockets at free ports
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
