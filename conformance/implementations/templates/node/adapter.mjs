/**
 * An adapter for an implementation of Gotalk: the conformance suite tells it, line by line, what to do.
 * The page "Adapters" of the suite says what each command means. Judge it with
 *
 *     npx -y deno run -A jsr:@gotalk/conformance/cli run --adapter "node adapter.mjs"
 *
 * As long as a command is not written it is skipped. `decode` and `encode` are a good beginning; for
 * them to be asked, "codec" has to be among the features.
 */

import process from "node:process";
import { createInterface } from "node:readline";

/** What is said of the implementation. Add to the lists what it can do. */
const DESCRIPTION = {
  implementation: {
    name: "my-gotalk",
    version: "0.0.0",
    language: "javascript",
  },
  roles: {}, // { acceptor: ["tcp"], initiator: ["tcp"] }
  versions: ["01"],
  operations: [], // the standard operations: "echo", "fail", …
  limits: { name: 4095, payload: 0xffffffff },
  features: [], // "codec", "streams", …
};

/** Says that the implementation cannot do something. */
class Skipped extends Error {}

function notWritten() {
  throw new Skipped("this adapter does not do that yet");
}

const commands = {
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
  // Here all listeners and connections are cut.
  reset: () => ({}),
  stop: () => ({}),
};

async function answer(line) {
  let seq = null;
  try {
    const { seq: given, command, ...args } = JSON.parse(line);
    seq = given ?? null;
    const carryOut = Object.hasOwn(commands, command) && commands[command];
    if (!carryOut) throw new Error(`unknown command ${command}`);
    const answered = { seq, ...await carryOut(args) };
    say(answered, command === "stop" ? () => process.exit(0) : undefined);
  } catch (error) {
    const { message, stack } = error;
    say(
      error instanceof Skipped
        ? { seq, skipped: { reason: message } }
        : { seq, errored: { message, trace: stack } },
    );
  }
}

function say(answer, written) {
  process.stdout.write(`${JSON.stringify(answer)}\n`, written);
}

// Commands can wait for something, so that the next one is read before they are answered.
for await (const line of createInterface({ input: process.stdin })) {
  answer(line);
}
process.exit(0);
