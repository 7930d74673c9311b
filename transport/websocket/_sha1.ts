/**
 * SHA-1 (RFC 3174), for the opening handshake.
 *
 * The platform's is asynchronous, and computes in another thread: a handshake
 * would wait much longer for that thread than for the few bytes it hashes.
 *
 * @module
 */

/** The size of a block, in bytes. */
const BLOCK = 64;

/** The size of the length at the end of the last block, in bytes. */
const LENGTH = 8;

/** Returns the SHA-1 of bytes: 20 bytes. */
export function sha1(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const padded = pad(bytes);
  const state = new Uint32Array([
    0x67452301,
    0xefcdab89,
    0x98badcfe,
    0x10325476,
    0xc3d2e1f0,
  ]);
  for (let at = 0; at < padded.byteLength; at += BLOCK) {
    addBlock(state, new DataView(padded.buffer, at, BLOCK));
  }
  const digest = new DataView(new ArrayBuffer(state.byteLength));
  state.forEach((word, index) => digest.setUint32(4 * index, word));
  return new Uint8Array(digest.buffer);
}

/** Appends a bit of one, zeros, and the length in bits, so that the size is a multiple of {@linkcode BLOCK}. */
function pad(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.ceil((bytes.byteLength + 1 + LENGTH) / BLOCK);
  const padded = new Uint8Array(blocks * BLOCK);
  padded.set(bytes);
  padded[bytes.byteLength] = 0x80;
  new DataView(padded.buffer).setBigUint64(
    padded.byteLength - LENGTH,
    8n * BigInt(bytes.byteLength),
  );
  return padded;
}

function addBlock(state: Uint32Array, block: DataView): void {
  const words = new Uint32Array(80);
  for (let t = 0; t < 16; t++) words[t] = block.getUint32(4 * t);
  for (let t = 16; t < 80; t++) {
    words[t] = rotate(
      words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!,
      1,
    );
  }
  let a = state[0]!, b = state[1]!, c = state[2]!, d = state[3]!, e = state[4]!;
  for (let t = 0; t < 80; t++) {
    const next = rotate(a, 5) + mixed(t, b, c, d) + e + words[t]!;
    e = d;
    d = c;
    c = rotate(b, 30);
    b = a;
    a = next | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}

/** The function of round `t` with its constant. */
function mixed(t: number, b: number, c: number, d: number): number {
  if (t < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (t < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (t < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotate(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}
