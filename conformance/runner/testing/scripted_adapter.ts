/**
 * An adapter whose behaviour a test scripts, in the same program.
 *
 * @module
 */

import { LineWriter, readLines } from "../adapter_protocol/lines.ts";
import type { AdapterStreams } from "../adapter_protocol/adapter_client.ts";

/** What a scripted adapter does with a command; `reply` writes a line as it is. */
export type Behaviour = (
  command: Readonly<Record<string, unknown>> & { readonly seq: number },
  reply: (line: string | object) => void,
  end: (how?: string) => void,
) => void;

/** The answer to `start` of an adapter that has a codec only. */
export const DESCRIBED = {
  implementation: { name: "test", version: "0", language: "none" },
  roles: {},
  versions: ["01"],
  operations: [],
  limits: { name: 4095, payload: 1000 },
  features: ["codec"],
};

/** Returns the streams of an adapter with a scripted behaviour. */
export function scriptedAdapter(
  behave: Behaviour,
  stderrTail: readonly string[] = [],
): AdapterStreams & { readonly received: string[] } {
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const writer = new LineWriter(up.writable);
  const { promise: exited, resolve } = Promise.withResolvers<string>();
  const received: string[] = [];
  const end = (how = "it exited with status 0") => {
    resolve(how);
    void writer.close();
  };
  const listen = async () => {
    for await (const line of readLines(down.readable)) {
      const command = JSON.parse(line);
      received.push(command.command);
      behave(
        command,
        (reply) => {
          const text = typeof reply === "string"
            ? reply
            : JSON.stringify(reply);
          writer.write(text).catch(() => {});
        },
        end,
      );
    }
    end();
  };
  void listen();
  return {
    readable: up.readable,
    writable: down.writable,
    exited,
    stderrTail: () => stderrTail,
    kill: () => end("it was ended by SIGKILL"),
    received,
  };
}
