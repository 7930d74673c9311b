/**
 * The standard operations, on one connection. gotalk.js accepts no streams, and sends no RetryResult.
 */

import { hexOf, textOf } from "./payload.js";

export const OPERATIONS = [
  "call-back",
  "close-after",
  "crash",
  "delay",
  "echo",
  "echo-later",
  "fail",
  "hold",
  "notes",
  "notify-back",
  "size",
];

/** How many of the latest notifications are remembered. */
const KEPT = 1000;

/** Returns handlers that add notifications to the report; `sock()` returns the connection. */
export function standardOperations(gotalk, sock, report) {
  const handlers = gotalk.Handlers();
  const handle = (name, handler) => handlers.handleBufferRequest(name, handler);
  const heed = (name, handler) =>
    handlers.handleBufferNotification(name, handler);
  handle("echo", (payload, resolve) => resolve(payload));
  handle("fail", (payload, resolve) => resolve.error(textOf(payload)));
  handle("crash", (payload) => crash(textOf(payload)));
  handle("hold", () => {});
  handle("delay", (payload, resolve) => {
    const { ms, payload: answer = "ok" } = JSON.parse(textOf(payload));
    setTimeout(resolve, ms, answer);
  });
  handle("echo-later", (payload, resolve) => {
    const ms = Number(textOf(payload.slice(0, 4)));
    setTimeout(resolve, ms, payload.slice(4));
  });
  handle("notify-back", (payload, resolve) => {
    const { name, payload: sent } = JSON.parse(textOf(payload));
    sock().bufferNotify(name, sent);
    resolve("ok");
  });
  handle("size", (payload, resolve) => {
    const { bytes } = JSON.parse(textOf(payload));
    resolve(Uint8Array.from({ length: bytes }, (_, index) => 97 + index % 26));
  });
  handle("call-back", (input, resolve) => {
    callBack(input).then(resolve, resolve.error);
  });
  handle("close-after", (payload, resolve) => {
    resolve(payload?.length > 0 ? payload : "ok");
    sock().end();
  });
  handle("notes", (_, resolve) => resolve(JSON.stringify(report.value.notes)));
  heed("crash", (payload) => {
    remember("crash", payload);
    crash("crash");
  });
  heed("ask", async (payload) => {
    remember("ask", payload);
    remember("asked", await callBack(payload));
  });
  heed("", (payload, name) => remember(name, payload));
  return handlers;

  function callBack(input) {
    const { operation, payload } = JSON.parse(textOf(input));
    return sock().bufferRequest(operation, payload);
  }

  function remember(name, payload) {
    const note = { name, payload: hexOf(payload) };
    report.set({ notes: [...report.value.notes, note].slice(-KEPT) });
  }
}

function crash(message) {
  throw new Error(message);
}
