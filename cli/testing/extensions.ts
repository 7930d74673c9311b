/**
 * The notifications of all extensions, and what the command prints of them.
 *
 * @module
 */

const TRACE_PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/** Returns a notification as it is sent. */
function notification(name: string, payload: string): string {
  const hex = (text: string, digits: number) =>
    text.length.toString(16).padStart(digits, "0");
  return `n${hex(name, 3)}${name}${hex(payload, 8)}${payload}`;
}

/** What is sent, for each extension. */
export const EXTENSION_BYTES: string = [
  notification("gotalk:cancel", "0007too late"),
  notification("gotalk:credit", "S000700000000000186a0"),
  notification("gotalk:bytes", ""),
  notification("gotalk:drain", "deploy"),
  notification("gotalk:trace", `0007${TRACE_PARENT}`),
].join("");

/** A line for each of them. */
export const EXTENSION_LINES: readonly string[] = [
  'Notification "gotalk:cancel" request 0007 reason 8 bytes "too late"',
  'Notification "gotalk:credit" request 0007 S up to byte 100000',
  'Notification "gotalk:bytes" messages may be merged',
  'Notification "gotalk:drain" reason 6 bytes "deploy"',
  `Notification "gotalk:trace" request 0007 trace 55 bytes "${TRACE_PARENT}"`,
];
