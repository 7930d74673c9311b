/**
 * WebSocket frames and handshakes of hostile clients; every character of a text
 * is a byte.
 *
 * @module
 */

/** The opcodes of frames. */
export const OPCODES = {
  continuation: 0,
  text: 1,
  binary: 2,
  close: 8,
  ping: 9,
  pong: 10,
} as const;

/** Returns a frame of a client. Its masking key is 0, so the payload stays as it is. */
export function frame(
  opcode: number,
  payload: string,
  { final = true }: { readonly final?: boolean } = {},
): string {
  const first = String.fromCharCode((final ? 0x80 : 0) | opcode);
  const { length } = payload;
  const head = length < 126
    ? [0x80 | length]
    : length < 65536
    ? [0xfe, length >>> 8, length & 255]
    : [0xff, 0, 0, 0, 0, ...bytesOf(length)];
  return `${first}${String.fromCharCode(...head)}\0\0\0\0${payload}`;
}

/** Returns a binary message of one frame. */
export function binaryFrame(payload: string): string {
  return frame(OPCODES.binary, payload);
}

/** Returns the request that opens a WebSocket. */
export function upgradeRequest(host = "localhost"): string {
  return [
    "GET / HTTP/1.1",
    `Host: ${host}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
    "\r\n",
  ].join("\r\n");
}

function bytesOf(length: number): number[] {
  return [24, 16, 8, 0].map((shift) => (length >>> shift) & 255);
}
