/**
 * An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
 * reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
 * skipped; their cases fail or do not apply. Write to standard error whatever you like to see.
 *
 * @module
 */

import { Decoder, encode, type Message, Refused } from "./codec.ts";

/** The description of the implementation. Add to the lists what it supports. */
const DESCRIPTION = {
  implementation: {
    name: "my-gotalk",
    version: "0.0.0",
    language: "typescript",
  },
  roles: {}, // { acceptor: ["tcp"], initiator: ["tcp"] }
  versions: ["01"],
  operations: [], // the standard operations: "echo", "fail", …
  limits: { name: 4095, payload: 0xffffffff },
  features: ["codec"], // "streams", "heartbeat", …
};

/** The arguments of the commands. Add those that you need; bytes are hexadecimal digits. */
interface Arguments {
  readonly protocol?: number;
  readonly chunks?: readonly string[];
  readonly handshake?: boolean;
  readonly end?: boolean;
  readonly limits?: { readonly name?: number; readonly payload?: number };
  readonly message?: Message;
}

type Answer = Readonly<Record<string, unknown>>;

/** Thrown if the implementation cannot do something. */
class Skipped extends Error {}

const commands: Record<string, (args: Arguments) => Answer | Promise<Answer>> =
  {
    start({ protocol }) {
      if (protocol !== 1) throw new Error(`protocol is ${protocol}, wanted 1`);
      return DESCRIPTION;
    },
    decode({ chunks = [], handshake, end, limits }) {
      if (handshake || end || limits) return notWritten();
      const decoder = new Decoder();
      const messages: { chunk: number; message: Message }[] = [];
      for (const [chunk, bytes] of chunks.entries()) {
        try {
          for (const message of decoder.decode(Uint8Array.fromHex(bytes))) {
            messages.push({ chunk, message });
          }
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          const { reason, code } = error;
          return { messages, refused: { chunk, reason, code } };
        }
      }
      return { messages };
    },
    encode({ message }) {
      if (message === undefined) return notWritten(); // the version itself
      try {
        return { bytes: encode(message).toHex() };
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { refused: { reason: error.reason } };
      }
    },
    listen: notWritten,
    connect: notWritten,
    request: notWritten,
    notify: notWritten,
    "open-stream": notWritten,
    write: notWritten,
    end: notWritten,
    cancel: notWritten,
    report: notWritten,
    close: notWritten,
    drain: notWritten,
    advance: notWritten,
    // Close all listeners and connections here.
    reset: () => ({}),
    stop: () => ({}),
  };

function notWritten(): never {
  throw new Skipped("this adapter does not do that yet");
}

async function answer(line: string): Promise<void> {
  let seq: unknown = null;
  try {
    const { seq: given, command, ...args } = JSON.parse(line);
    seq = given ?? null;
    const carryOut = Object.hasOwn(commands, command)
      ? commands[command]
      : undefined;
    if (carryOut === undefined) throw new Error(`unknown command ${command}`);
    print({ seq, ...await carryOut(args) });
    if (command === "stop") Deno.exit(0);
  } catch (error) {
    const { message, stack } = error as Error;
    print(
      error instanceof Skipped
        ? { seq, skipped: { reason: message } }
        : { seq, errored: { message, trace: stack } },
    );
  }
}

function print(answer: Answer): void {
  console.log(JSON.stringify(answer));
}

// A command may wait, so the next one is read before it is answered.
let rest = "";
for await (
  const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
) {
  const lines = (rest + text).split("\n");
  rest = lines.pop() ?? "";
  for (const line of lines) void answer(line);
}
Deno.exit(0);
