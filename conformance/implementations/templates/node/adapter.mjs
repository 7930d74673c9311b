/**
 * An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line.
 * The page "Adapters" of the suite defines the commands. To test the implementation, run in a clone of the
 * suite:
 *
 *     npx -y deno task conformance --adapter "node /path/to/adapter.mjs"
 *
 * Commands that are not written yet are skipped. `decode` and `encode` are a good start; the runner uses
 * them only if "codec" is among the features.
 */

import process from "node:process";
import { createInterface } from "node:readline";

/** The description of the implementation. Add to the lists what it supports. */
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

/** Thrown if the implementation cannot do something. */
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
  // Close all listeners and connections here.
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

// A command may wait, so the next one is read before it is answered.
for await (const line of createInterface({ input: process.stdin })) {
  answer(line);
}
process.exit(0);
