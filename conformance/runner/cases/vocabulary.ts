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
  "count-fail",
  "crash",
  "delay",
  "echo",
  "echo-later",
  "fail",
  "hold",
  "ignore",
  "notes",
  "notify-back",
  "persist",
  "retry",
  "size",
  "stream-back",
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
  "extensionOperations",
  "extensionTrace",
  "heartbeat",
  "limits",
  "login",
  "readTimeout",
  "retry",
  "streams",
  "textMessages",
  "virtualTime",
];

/** The transports of adapters. */
export const TRANSPORTS: readonly string[] = ["tcp", "unix", "websocket"];
