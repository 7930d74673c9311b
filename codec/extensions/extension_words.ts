/**
 * Descriptions of the payloads of extensions.
 * Internal to the package.
 *
 * @module
 */

import { escapeBytes } from "../../quoting/quote.ts";
import type { Name } from "../name.ts";
import { requestIdBytes } from "../request_id.ts";
import { CANCEL, decodeCancel } from "./cancel.ts";
import { BYTES, isBytesPayload } from "./bytes.ts";
import { CREDIT, decodeCredit } from "./credit.ts";
import { DRAIN } from "./drain.ts";
import { readTrace, TRACE } from "./trace.ts";

/** Describes bytes as a payload: their number, and their beginning. */
type Shown = (bytes: Uint8Array) => string;

/** Describes a payload; returns `undefined` if it is malformed. */
type Words = (payload: Uint8Array, shown: Shown) => string | undefined;

/** One for each extension, by name. */
const EXTENSIONS: ReadonlyMap<Name, Words> = new Map<Name, Words>([
  [CANCEL, (payload, shown) => {
    const cancel = decodeCancel(payload);
    return cancel &&
      `request ${idText(cancel.id)} reason ${shown(payload.subarray(4))}`;
  }],
  [CREDIT, (payload) => {
    const credit = decodeCredit(payload);
    return credit &&
      `request ${
        idText(credit.id)
      } ${credit.direction} up to byte ${credit.offset}`;
  }],
  [
    BYTES,
    (payload) => isBytesPayload(payload) ? "messages may be merged" : undefined,
  ],
  [DRAIN, (payload, shown) => `reason ${shown(payload)}`],
  [TRACE, (payload, shown) => {
    const trace = readTrace(payload);
    return trace &&
      `request ${idText(trace.id)} trace ${shown(payload.subarray(4))}`;
  }],
]);

/** Describes the payload of a notification of an extension; `undefined` if it is another, or malformed. */
export function extensionWords(
  name: Name,
  payload: Uint8Array,
  shown: Shown,
): string | undefined {
  return EXTENSIONS.get(name)?.(payload, shown);
}

function idText(id: number): string {
  return escapeBytes(requestIdBytes(id));
}
