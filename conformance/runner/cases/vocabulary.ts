/**
 * The words with which an implementation describes what it has.
 *
 * @module
 */

/** The standard operations. */
export const OPERATIONS: readonly string[] = [
  "call-back",
  "close-after",
  "count",
  "crash",
  "delay",
  "echo",
  "fail",
  "hold",
  "ignore",
  "notes",
  "persist",
  "retry",
  "size",
  "stream-echo",
  "stream-length",
  "watch",
];

/** The features. */
export const FEATURES: readonly string[] = [
  "cancel",
  "codec",
  "drain",
  "extensionBytes",
  "extensionCancel",
  "extensionCredit",
  "extensionDrain",
  "extensionTrace",
  "heartbeat",
  "limits",
  "readTimeout",
  "retry",
  "streams",
  "textMessages",
  "virtualTime",
];

/** The transports of adapters. */
export const TRANSPORTS: readonly string[] = ["tcp", "unix", "websocket"];
