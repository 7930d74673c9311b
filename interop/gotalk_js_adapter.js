/**
 * gotalk.js as an adapter: answers the lines that `conformance/adapters/README.md` defines.
 *
 * It runs where gotalk.js does, in browsers and in Deno, so it is plain JavaScript without imports.
 * What it knows beyond that page: `request` and `notify` take `text`, with which the payload is handed
 * to gotalk.js as text, so that a text message carries it.
 */

/** Makes the function that answers lines. */
export function createAdapter(gotalk) {
  const handles = new Map();
  let count = 0;

  function add(kind, made) {
    const handle = `${kind}-${++count}`;
    handles.set(handle, made);
    return handle;
  }

  function find(handle) {
    const found = handles.get(handle);
    if (found === undefined) throw new Error(`cannot find ${handle}`);
    return found;
  }

  const commands = {
    start: () => ({
      implementation: {
        name: "gotalk.js",
        version: gotalk.version,
        language: "javascript",
      },
      roles: { initiator: ["websocket"] },
      versions: ["01"],
      operations: OPERATIONS,
      limits: { name: 4095, payload: 2 ** 31 - 1 },
      features: ["heartbeat", "streams", "textMessages"],
    }),
    async connect({ address, options = {}, timeout = 5000 }) {
      const connection = openConnection(gotalk, address, options);
      const handle = add("connection", connection);
      const isDone = ({ state }) => state !== "connecting";
      const report = await connection.report.until(isDone, timeout);
      return { ...report, connection: handle };
    },
    request({ connection, operation, payload = "", text = false }) {
      const { sock, report } = find(connection);
      const call = new Watched({ outcome: "pending" });
      sock.bufferRequest(operation, given(payload, text)).then(
        (answer) => call.set({ outcome: "result", payload: hexOf(answer) }),
        (error) => call.set(failure(report, error)),
      );
      return { call: add("call", { report: call }) };
    },
    notify({ connection, name, payload = "", text = false }) {
      find(connection).sock.bufferNotify(name, given(payload, text));
      return {};
    },
    "open-stream"({ connection, operation }) {
      const { sock, report } = find(connection);
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
      return { call: add("call", { report: call, stream }) };
    },
    write({ call, payload }) {
      find(call).stream.write(Uint8Array.fromHex(payload));
      return {};
    },
    end({ call }) {
      find(call).stream.end();
      return {};
    },
    report({ call, connection, timeout = 0, parts, notes, heartbeats }) {
      const { report } = find(call ?? connection);
      const isEnough = call === undefined
        ? (now) =>
          now.state === "closed" ||
          (notes > 0 || heartbeats > 0) &&
            now.notes.length >= (notes ?? 0) &&
            now.heartbeats.length >= (heartbeats ?? 0)
        : (now) =>
          now.outcome !== "pending" && now.ended !== false ||
          now.parts?.length >= parts;
      return report.until(isEnough, timeout);
    },
    async close({ connection, timeout = 5000 }) {
      const { sock, report } = find(connection);
      sock.end();
      sock.end(); // the second one does not wait for answers
      return await report.until(({ state }) => state === "closed", timeout);
    },
  };

  return async function answer(line) {
    const { seq, command, ...args } = JSON.parse(line);
    try {
      const carryOut = Object.hasOwn(commands, command) && commands[command];
      if (!carryOut) throw new Error(`command is ${command}, which is unknown`);
      return JSON.stringify({ ...await carryOut(args), seq });
    } catch ({ message, stack }) {
      return JSON.stringify({ seq, errored: { message, trace: stack } });
    }
  };
}

/** A value that changes while others wait for it to become what they want. */
class Watched {
  #waiting = [];

  constructor(value) {
    this.value = value;
  }

  set(changes) {
    this.value = { ...this.value, ...changes };
    for (const look of this.#waiting.splice(0)) look();
  }

  /** The value once it is enough, or as it is when the time is up. */
  async until(isEnough, timeout) {
    let timer;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, timeout, true);
    });
    let isLate = timeout === 0;
    while (!isLate && !isEnough(this.value)) {
      const changed = new Promise((resolve) => this.#waiting.push(resolve));
      isLate = await Promise.race([changed, late]);
    }
    clearTimeout(timer);
    return this.value;
  }
}

function openConnection(gotalk, address, { heartbeatInterval }) {
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
    const heartbeat = { load, time: time.getTime() / 1000 };
    report.set({ heartbeats: [...report.value.heartbeats, heartbeat] });
  });
  sock.open(address, (error) => {
    if (error) closed(error);
    else report.set({ state: "open" });
  });
  return { sock, report };
}

const OPERATIONS = [
  "call-back",
  "close-after",
  "crash",
  "delay",
  "echo",
  "fail",
  "hold",
  "notes",
  "size",
];

function standardOperations(gotalk, sock, report) {
  const handlers = gotalk.Handlers();
  const handle = (name, handler) => handlers.handleBufferRequest(name, handler);
  handle("echo", (payload, resolve) => resolve(payload));
  handle("fail", (payload, resolve) => resolve.error(textOf(payload)));
  handle("crash", () => {
    throw new Error("crash");
  });
  handle("hold", () => {});
  handle("delay", (payload, resolve) => {
    const { ms, payload: answer = "ok" } = JSON.parse(textOf(payload));
    setTimeout(resolve, ms, answer);
  });
  handle("size", (payload, resolve) => {
    const { bytes } = JSON.parse(textOf(payload));
    resolve(Uint8Array.from({ length: bytes }, (_, index) => 97 + index % 26));
  });
  handle("call-back", (input, resolve) => {
    const { operation, payload } = JSON.parse(textOf(input));
    sock().bufferRequest(operation, payload).then(resolve, resolve.error);
  });
  handle("close-after", (payload, resolve) => {
    resolve(payload?.length > 0 ? payload : "ok");
    sock().end();
  });
  handle("notes", (_, resolve) => resolve(JSON.stringify(report.value.notes)));
  handlers.handleBufferNotification("", (payload, name) => {
    const note = { name, payload: hexOf(payload) };
    report.set({ notes: [...report.value.notes, note] });
  });
  return handlers;
}

/** What becomes of a call that has failed: with the connection, or because it was answered so. */
function failure(connection, { message }) {
  return connection.value.state === "closed"
    ? { outcome: "closed", message }
    : { outcome: "error", payload: hexOf(message) };
}

function given(payload, asText) {
  const bytes = Uint8Array.fromHex(payload);
  return asText ? new TextDecoder().decode(bytes) : bytes;
}

/** Text, bytes or nothing, as gotalk.js hands them out. */
function hexOf(payload = "") {
  return typeof payload === "string"
    ? new TextEncoder().encode(payload).toHex()
    : payload.toHex();
}

function textOf(payload = "") {
  return typeof payload === "string"
    ? payload
    : new TextDecoder().decode(payload);
}
