/**
 * An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line.
 * The page "Adapters" of the suite defines the commands. To test the implementation, run in a clone of the
 * suite:
 *
 *     deno task conformance --adapter "deno run -A /path/to/adapter.ts"
 *
 * Commands that are not written yet are skipped. `decode` and `encode` are a good start; the runner uses
 * them only if "codec" is among the features.
 */

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
  features: [], // "codec", "streams", …
};

type Arguments = Readonly<Record<string, unknown>>;
type Answer = Readonly<Record<string, unknown>>;

/** Thrown if the implementation cannot do something. */
class Skipped extends Error {}

function notWritten(): never {
  throw new Skipped("this adapter does not do that yet");
}

const commands: Record<string, (args: Arguments) => Answer | Promise<Answer>> =
  {
    start({ protocol }) {
      if (protocol !== 1) throw new Error(`protocol is ${protocol}, wanted 1`);
      return DESCRIPTION;
    },
    // { chunks: ["3031…"], handshake?, end?, limits? } -> { messages: [{ chunk, message }], refused? }
    decode: notWritten,
    // { message? } -> { bytes: "3031" } or { refused: { reason } }
    encode: notWritten,
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

async function answer(line: string): Promise<void> {
  let seq: unknown = null;
  try {
    const { seq: given, command, ...args } = JSON.parse(line);
    seq = given ?? null;
    const carryOut = Object.hasOwn(commands, command)
      ? commands[command]
      : undefined;
    if (carryOut === undefined) throw new Error(`unknown command ${command}`);
    say({ seq, ...await carryOut(args) });
    if (command === "stop") Deno.exit(0);
  } catch (error) {
    const { message, stack } = error as Error;
    say(
      error instanceof Skipped
        ? { seq, skipped: { reason: message } }
        : { seq, errored: { message, trace: stack } },
    );
  }
}

function say(answer: Answer): void {
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
