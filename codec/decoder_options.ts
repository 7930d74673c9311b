/**
 * Options of decoding.
 *
 * @module
 */

import type { OptionNames } from "../quoting/option_names.ts";
import type { ProtocolVersion } from "./version.ts";

/** Options of a `Decoder`: the version, and limits. */
export interface DecoderOptions {
  /** The version of the protocol; `CURRENT_VERSION` by default. */
  readonly version?: ProtocolVersion;
  /** The longest name accepted, in bytes, 0 to 4,095; 4,095 by default. */
  readonly maxNameBytes?: number;
  /**
   * The largest payload that is read as a whole, in bytes, 0 to 4,294,967,295;
   * 16 MiB by default. A larger one can be skipped or read in pieces.
   */
  readonly maxPayloadBytes?: number;
  /** The offset of the first chunk in the conversation, for errors; 0 by default. */
  readonly offset?: number;
}

/** The names of the options of a `Decoder`. */
export const DECODER_OPTIONS: OptionNames<DecoderOptions> = {
  maxNameBytes: 1,
  maxPayloadBytes: 1,
  offset: 1,
  version: 1,
};

/** The default of `maxPayloadBytes`: 16 MiB. */
export const DEFAULT_MAX_PAYLOAD_BYTES: number = 16 * 1024 * 1024;
