/**
 * Both ends of the lines between a runner and an adapter, within a program: for tests.
 *
 * @module
 */

import { LineWriter, readLines } from "../adapter_protocol/_lines.ts";
import type { AdapterStreams } from "../adapter_protocol/adapter_client.ts";

/** What an adapter of a test does with a command; `reply` writes a line as it is. */
export type Behaviour = (
  command: Readonly<Record<string, unknown>> & { readonly seq: number },
  reply: (line: string | object) => void,
  end: (how?: string) => void,
) => void;

/** The answer to `start` of an adapter that can do nothing but codec. */
export const DESCRIBED = {
  implementation: { name: "test", version: "0", language: "none" },
  roles: {},
  versions: ["01"],
  operations: [],
  limits: { name: 4095, payload: 1000 },
  features: ["codec"],
};

/** The ends of lines at which something behaves in a certain way. */
export function scriptedAdapter(
  behave: Behaviour,
  lastWords: readonly string[] = [],
): AdapterStreams & { readonly heard: string[] } {
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const writer = new LineWriter(up.writable);
  const { promise: gone, resolve } = Promise.withResolvers<string>();
  const heard: string[] = [];
  const end = (how = "it exited with status 0") => {
    resolve(how);
    void writer.close();
  };
  const listen = async () => {
    for await (const line of readLines(down.readable)) {
      const command = JSON.parse(line);
      heard.push(command.command);
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
    gone,
    lastWords: () => lastWords,
    kill: () => end("it was ended by SIGKILL"),
    heard,
  };
}
