/**
 * Carries out the commands `encode` and `decode` with `gotalk.protocol.binary`.
 *
 * That parses headers only, each in a separate array. This file divides a stream of bytes into headers and
 * payloads, by the sizes in the headers.
 */

/** The letters of the kinds, by their names in gotalk.js. */
const KINDS = {
  MsgTypeSingleReq: "SingleRequest",
  MsgTypeStreamReq: "StreamRequest",
  MsgTypeStreamReqPart: "StreamRequestPart",
  MsgTypeSingleRes: "SingleResult",
  MsgTypeStreamRes: "StreamResult",
  MsgTypeErrorRes: "ErrorResult",
  MsgTypeRetryRes: "RetryResult",
  MsgTypeNotification: "Notification",
  MsgTypeHeartbeat: "Heartbeat",
  MsgTypeProtocolError: "ProtocolError",
};

const NAMED = ["SingleRequest", "StreamRequest", "Notification"];
const WITHOUT_ID = ["Notification", "Heartbeat", "ProtocolError"];

/** Thrown if gotalk.js cannot do something. */
export class Skipped extends Error {}

/** Encodes a message, or the version. */
export function encode({ protocol }, { version = "01", message }) {
  checkVersion(version);
  const { binary } = protocol;
  if (message === undefined) return { bytes: binary.versionBuf.toHex() };
  const { kind, id, wait, code, payload = "" } = message;
  const letter = letterOf(protocol, kind);
  if (kind === "Heartbeat") {
    throw new Skipped("gotalk.js takes the time of a heartbeat from the clock");
  }
  const name = nameOf(message);
  const size = kind === "ProtocolError" ? code : payload.length / 2;
  try {
    const header = binary.makeMsg(
      letter,
      id && Uint8Array.fromHex(id),
      name,
      wait,
      size,
    );
    return { bytes: header.toHex() + payload };
  } catch ({ message }) {
    return { refused: { reason: message } };
  }
}

/** Decodes chunks of bytes. */
export function decode({ protocol }, args) {
  const { version = "01", chunks, handshake, end, limits = {} } = args;
  checkVersion(version);
  if (limits.name < 4095 || limits.payload < 2 ** 31 - 1) {
    throw new Skipped("gotalk.js takes names and payloads of any size");
  }
  const messages = [];
  let chunk = 0;
  const deliver = (message) => messages.push({ chunk, message });
  const reader = new Reader(protocol, handshake, deliver);
  const refused = (reason, code) => ({
    messages,
    refused: { chunk, reason, code },
  });
  for (const [index, hex] of chunks.entries()) {
    chunk = index;
    try {
      reader.push(Uint8Array.fromHex(hex));
    } catch ({ message, code }) {
      return refused(message, code);
    }
  }
  return end && !reader.isBetween ? refused("the input ends") : { messages };
}

/** Divides a stream of bytes into headers and payloads. */
class Reader {
  /** Whether the next byte is the first one of a message. */
  isBetween = false;
  #protocol;
  #deliver;
  #steps;
  #wanted;
  #pieces = [];
  #held = 0;

  constructor(protocol, handshake, deliver) {
    this.#protocol = protocol;
    this.#deliver = deliver;
    this.#steps = this.#read(handshake);
    this.#wanted = this.#steps.next().value;
  }

  push(piece) {
    this.#pieces.push(piece);
    this.#held += piece.length;
    if (this.#held < this.#wanted) return;
    const bytes = joined(this.#pieces);
    let at = 0;
    while (bytes.length - at >= this.#wanted) {
      const taken = bytes.slice(at, at += this.#wanted);
      this.#wanted = this.#steps.next(taken).value;
    }
    this.#pieces = [bytes.slice(at)];
    this.#held = bytes.length - at;
  }

  /** Yields how many bytes it wants next. */
  *#read(handshake) {
    const { binary, ...protocol } = this.#protocol;
    if (handshake && binary.parseVersion(yield 2) !== protocol.Version) {
      throw refusal("unsupported version", protocol.ErrorUnsupported);
    }
    for (;;) {
      this.isBetween = true;
      let header = yield 1;
      this.isBetween = false;
      const kind = kindOf(protocol, header[0]);
      if (!WITHOUT_ID.includes(kind)) header = joined([header, yield 4]);
      if (NAMED.includes(kind)) {
        const digits = yield 3;
        const length = binary.parseVersion(digits);
        header = joined([header, digits]);
        if (length > 0) header = joined([header, yield length]);
      }
      if (kind === "RetryResult") header = joined([header, yield 8]);
      if (kind === "Heartbeat") header = joined([header, yield 4]);
      header = joined([header, yield 8]);
      const { id, name, wait, size } = binary.parseMsg(header);
      if (kind === "Heartbeat") {
        this.#deliver({ kind, load: wait, time: size });
        continue;
      }
      if (kind === "ProtocolError") {
        this.#deliver({ kind, code: size });
        continue;
      }
      if (size < 0) throw refusal(`the size is ${size}`);
      const payload = size > 0 ? yield size : new Uint8Array(0);
      this.#deliver({
        kind,
        ...id && { id: id.toHex() },
        ...name !== undefined && {
          [kind === "Notification" ? "name" : "operation"]: new TextEncoder()
            .encode(name).toHex(),
        },
        ...kind === "RetryResult" && { wait },
        payload: payload.toHex(),
      });
    }
  }
}

function checkVersion(version) {
  if (version !== "01") {
    throw new Skipped(`version is ${version}, gotalk.js has 01`);
  }
}

function kindOf(protocol, letter) {
  const name = Object.keys(KINDS).find((name) => protocol[name] === letter);
  if (name !== undefined) return KINDS[name];
  throw refusal("unknown kind", protocol.ErrorInvalidMsg);
}

function letterOf(protocol, kind) {
  const name = Object.keys(KINDS).find((name) => KINDS[name] === kind);
  if (name !== undefined) return protocol[name];
  throw new Error(`Cannot encode: kind is ${kind}, wanted a kind of message`);
}

/** Returns a name as text; gotalk.js takes nothing else. */
function nameOf({ operation, name }) {
  const bytes = Uint8Array.fromHex(operation ?? name ?? "");
  try {
    const options = { fatal: true, ignoreBOM: true };
    return new TextDecoder("utf-8", options).decode(bytes);
  } catch {
    throw new Skipped("gotalk.js takes text for names");
  }
}

function joined(pieces) {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

function refusal(reason, code) {
  return Object.assign(new Error(reason), { code });
}
