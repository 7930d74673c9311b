/**
 * gotalk.js as an adapter: answers the lines that `conformance/implementations/adapters/README.md` defines.
 *
 * It is plain JavaScript, since it runs where gotalk.js does: in browsers and in Deno. One addition to that
 * page: `request` and `notify` take `text`, with which the payload is passed to gotalk.js as text, so that a
 * text message carries it.
 */

import { decode, encode, Skipped } from "./codec.js";
import { OPERATIONS, standardOperations } from "./operations.js";
import { hexOf } from "./payload.js";
import { Watched } from "./watched.js";

/** The arguments of each command. */
const ARGUMENTS = {
  start: ["protocol"],
  encode: ["version", "message"],
  decode: ["version", "chunks", "handshake", "end", "limits"],
  connect: ["address", "options", "timeout"],
  request: ["connection", "operation", "payload", "retry", "text"],
  notify: ["connection", "name", "payload", "text"],
  "open-stream": ["connection", "operation"],
  write: ["call", "payload"],
  end: ["call"],
  report: [
    "call",
    "connection",
    "timeout",
    "parts",
    "notes",
    "heartbeats",
  ],
  close: ["connection", "timeout"],
  reset: [],
  stop: [],
};

/** The commands that gotalk.js cannot carry out. */
const SKIPPED = {
  listen: "gotalk.js cannot listen",
  cancel: "gotalk.js cannot abandon a call",
  drain: "gotalk.js closes when its own calls are answered",
  advance: "gotalk.js has the time of the machine",
};

/** Creates an adapter, whose function `answer` answers a line. */
export function createAdapter(gotalk) {
  const handles = new Handles();
  let isStopped = false;
  const commands = {
    start: (args) => describe(gotalk, args),
    encode: (args) => encode(gotalk, args),
    decode: (args) => decode(gotalk, args),
    ...connectionCommands(gotalk, handles),
    ...callCommands(handles),
    report: (args) => reportOn(handles, args),
    reset() {
      handles.reset();
      return {};
    },
    stop() {
      isStopped = true;
      handles.reset();
      return {};
    },
  };
  return {
    /** Whether it has received `stop`. */
    get isStopped() {
      return isStopped;
    },
    /** The line that answers a line. */
    answer: (line) => answer(commands, line),
  };
}

/** The connections and calls that commands name by their handles. */
class Handles {
  #made = new Map();
  #count = 0;

  add(kind, made) {
    const handle = `${kind}-${++this.#count}`;
    this.#made.set(handle, made);
    return handle;
  }

  find(handle) {
    const found = this.#made.get(handle);
    if (found === undefined) throw new Error(`cannot find ${handle}`);
    return found;
  }

  /** Closes all connections, and forgets everything. */
  reset() {
    for (const { sock } of this.#made.values()) {
      if (sock) end(sock);
    }
    this.#made.clear();
  }
}

/** The answer to `start`. */
function describe(gotalk, { protocol }) {
  if (protocol !== 1) throw new Error(`protocol is ${protocol}, wanted 1`);
  return {
    implementation: {
      name: "gotalk.js",
      version: gotalk.version,
      language: "javascript",
      homepage: "https://github.com/rsms/gotalk/tree/master/js",
      issues: "https://github.com/rsms/gotalk/issues",
    },
    roles: { initiator: ["websocket"] },
    versions: ["01"],
    operations: OPERATIONS,
    limits: { name: 4095, payload: 2 ** 31 - 1 },
    features: ["codec", "heartbeat", "streams", "textMessages"],
  };
}

/** The commands that open, use and close a connection. */
function connectionCommands(gotalk, handles) {
  return {
    async connect({ address, options = {}, timeout = 5000 }) {
      const connection = openConnection(gotalk, address, options);
      const handle = handles.add("connection", connection);
      const isDone = ({ state }) => state !== "connecting";
      const report = await connection.report.until(isDone, timeout);
      return { ...report, connection: handle };
    },
    notify({ connection, name, payload = "", text = false }) {
      handles.find(connection).sock.bufferNotify(name, given(payload, text));
      return {};
    },
    async close({ connection, timeout = 5000 }) {
      const { sock, report } = handles.find(connection);
      end(sock);
      return await report.until(({ state }) => state === "closed", timeout);
    },
  };
}

/** The commands that make calls and go on with them. */
function callCommands(handles) {
  /** Passes data to a stream request; a settled one leaves it to gotalk.js. */
  function give(call, hand) {
    const { stream, report } = handles.find(call);
    if (!stream) throw new Error("cannot write: the call is a single request");
    try {
      hand(stream);
    } catch (error) {
      if (!isSettled(report.value)) throw error;
    }
    return {};
  }

  return {
    request({ connection, operation, payload = "", text = false }) {
      const { sock, report } = handles.find(connection);
      const call = new Watched({ outcome: "pending" });
      sock.bufferRequest(operation, given(payload, text)).then(
        (answer) => call.set({ outcome: "result", payload: hexOf(answer) }),
        (error) => call.set(failure(report, error)),
      );
      return { call: handles.add("call", { report: call }) };
    },
    "open-stream"({ connection, operation }) {
      const { sock, report } = handles.find(connection);
      const stream = sock.streamRequest(operation);
      const call = new Watched({ outcome: "stream", parts: [], ended: false });
      stream.on("data", (part) => {
        call.set({ parts: [...call.value.parts, hexOf(part)] });
      });
      stream.on("end", (error) => {
        if (error === null) return call.set({ ended: true });
        const { parts } = call.value;
        call.value = { ...failure(report, error), parts };
        call.set({});
      });
      return { call: handles.add("call", { report: call, stream }) };
    },
    write: ({ call, payload }) =>
      give(call, (stream) => stream.write(Uint8Array.fromHex(payload))),
    end: ({ call }) => give(call, (stream) => stream.end()),
  };
}

/** The report on a call or a connection, once there is enough to say. */
function reportOn(
  handles,
  { call, connection, timeout = 0, parts, notes, heartbeats },
) {
  const { report } = handles.find(call ?? connection);
  const isEnough = call === undefined
    ? (now) =>
      now.state === "closed" ||
      (notes > 0 || heartbeats > 0) &&
        now.notes.length >= (notes ?? 0) &&
        now.heartbeats.length >= (heartbeats ?? 0)
    : (now) => isSettled(now) || now.parts?.length >= parts;
  return report.until(isEnough, timeout);
}

/** The line that answers a line, by one of the commands. */
async function answer(commands, line) {
  let seq = null;
  try {
    const { seq: given, command, ...args } = JSON.parse(line);
    seq = given ?? null;
    if (Object.hasOwn(SKIPPED, command)) throw new Skipped(SKIPPED[command]);
    checkCommand(command, args);
    return JSON.stringify({ ...await commands[command](args), seq });
  } catch (error) {
    const { message, stack } = error;
    return JSON.stringify(
      error instanceof Skipped
        ? { seq, skipped: { reason: message } }
        : { seq, errored: { message, trace: stack } },
    );
  }
}

function checkCommand(command, args) {
  if (!Object.hasOwn(ARGUMENTS, command)) {
    throw new Error(`command is ${command}, which is unknown`);
  }
  const unknown = Object.keys(args).find((name) =>
    !ARGUMENTS[command].includes(name)
  );
  if (unknown) throw new Error(`${command} has no argument ${unknown}`);
}

function openConnection(gotalk, address, options) {
  // gotalk.js opens streams and accepts none, whatever the option.
  const { heartbeatInterval, streams: _, ...others } = options;
  const [unknown] = Object.keys(others);
  if (unknown) throw new Skipped(`gotalk.js has no option ${unknown}`);
  const report = new Watched({
    state: "connecting",
    notes: [],
    heartbeats: [],
  });
  const sock = gotalk.Sock(standardOperations(gotalk, () => sock, report));
  if (heartbeatInterval !== undefined) {
    sock.heartbeatInterval = heartbeatInterval;
  }
  const closed = (error) =>
    report.set({
      state: "closed",
      ...error && { message: error.message },
      ...error?.isGotalkProtocolError && { code: error.code },
    });
  sock.on("close", closed);
  sock.on("heartbeat", ({ time, load }) => {
    const seconds = time.getTime() / 1000;
    const heartbeat = { load: numberOf(load), time: numberOf(seconds) };
    const heartbeats = [...report.value.heartbeats, heartbeat];
    report.set({ heartbeats: heartbeats.slice(-1000) });
  });
  sock.open(address, (error) => {
    if (error) closed(error);
    else report.set({ state: "open" });
  });
  return { sock, report };
}

/** Closes a connection; a second call does not wait for results. */
function end(sock) {
  sock.end();
  sock.end();
}

function isSettled({ outcome, ended }) {
  return outcome !== "pending" && ended !== false;
}

/** The outcome of a failed call: the connection closed, or the result is an error. */
function failure(connection, { message }) {
  return connection.value.state === "closed"
    ? { outcome: "closed", message }
    : { outcome: "error", payload: hexOf(message) };
}

/** JSON has no NaN, which gotalk.js returns for digits that are not hexadecimal. */
function numberOf(value) {
  return Number.isFinite(value) ? value : -1;
}

function given(payload, asText) {
  const bytes = Uint8Array.fromHex(payload);
  return asText ? new TextDecoder().decode(bytes) : bytes;
}
