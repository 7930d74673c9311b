/**
 * Whether write units that leave together become one message.
 *
 * @module
 */

import type { WriteUnits } from "../write_units.ts";

/** How write units become messages; see `SocketOptions.units`. */
export type Units = "separate" | "merged" | undefined;

/**
 * The largest batch that becomes one message where the remote side has agreed, in
 * bytes: of a larger one, most is a payload, which is not copied, and which the
 * remote side may limit.
 */
const LARGEST = 1024 * 1024;

/** Decides it for one connection. */
export class Merging {
  readonly #units: Units;
  #isAllowed = false;

  /** What the application has chosen holds, whatever the remote side agrees to. */
  constructor(units: Units) {
    this.#units = units;
  }

  /** Merges units from now on, unless the application has chosen. */
  allow(): void {
    this.#isAllowed = this.#units === undefined;
  }

  /** Whether the units of a batch become one message (websocket/units, extension/bytes-merged). */
  merges({ byteLength }: WriteUnits): boolean {
    return this.#units === "merged" ||
      this.#isAllowed && byteLength <= LARGEST;
  }
}
