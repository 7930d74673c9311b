/**
 * An adapter for an implementation of Gotalk: the conformance suite sends it commands, one on each line, and
 * reads its answers. The page "Adapters" of the suite defines them. Commands that are not written yet are
 * skipped; their cases fail or do not apply. Write to standard error whatever you like to see.
 */

import process from "node:process";
import { createInterface } from "node:readline";
import { Decoder, encode, Refused } from "./codec.mjs";

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
  features: ["codec"], // "streams", "heartbeat", …
};

/** Thrown if the implementation cannot do something. */
class Skipped extends Error {}

const commands = {
  start({ protocol }) {
    if (protocol !== 1) throw new Error(`protocol is ${protocol}, wanted 1`);
    return DESCRIPTION;
  },
  decode({ chunks, handshake, end, limits }) {
    if (handshake || end || limits) notWritten();
    const decoder = new Decoder();
    const messages = [];
    for (const [chunk, bytes] of chunks.entries()) {
      try {
        for (const message of decoder.decode(Buffer.from(bytes, "hex"))) {
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
    if (message === undefined) notWritten(); // the version itself
    try {
      return { bytes: encode(message).toString("hex") };
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

function notWritten() {
  throw new Skipped("this adapter does not do that yet");
}

async function answer(line) {
  let seq = null;
  try {
    const { seq: given, command, ...args } = JSON.parse(line);
    seq = given ?? null;
    const carryOut = Object.hasOwn(commands, command) && commands[command];
    if (!carryOut) throw new Error(`unknown command ${command}`);
    const answered = { seq, ...await carryOut(args) };
    print(answered, command === "stop" ? () => process.exit(0) : undefined);
  } catch (error) {
    const { message, stack } = error;
    print(
      error instanceof Skipped
        ? { seq, skipped: { reason: message } }
        : { seq, errored: { message, trace: stack } },
    );
  }
}

function print(answer, written) {
  process.stdout.write(`${JSON.stringify(answer)}\n`, written);
}

// A command may wait, so the next one is read before it is answered.
for await (const line of createInterface({ input: process.stdin })) {
  answer(line);
}
process.exit(0);
