/** Prints checksums of all decoded codec cases, to be compared with those of the other packages. */

import { crc32 } from "node:zlib";
import { codecCases, cuts } from "./index.mjs";

function text(message) {
  return Object.keys(message).sort().map((name) => {
    const value = message[name];
    return `${name}=${
      value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value
    }`;
  }).join(" ");
}

const lines = [];
for (const each of codecCases()) {
  const messages = each.messages.map(text).join("\n");
  const wire = crc32(each.wire ?? "");
  lines.push(`${each.id} ${wire} ${crc32(messages)}`);
  for (const [name, chunks] of cuts(each)) {
    const sizes = chunks.map(({ length }) => length).join(",");
    lines.push(`${each.id} ${name} ${crc32(sizes)}`);
  }
}
console.log(lines.join("\n"));
