/**
 * All mutants, by the suite that must kill them.
 *
 * @module
 */

import { AFTERMATH_MUTANTS } from "./_aftermath_mutants.ts";
import { LARGE_MUTANTS } from "./_large_mutants.ts";
import { SHARED_MUTANTS } from "./_shared_mutants.ts";
import { STREAM_END_MUTANTS } from "./_stream_end_mutants.ts";
import { CONNECTION_MUTANTS } from "./connection_mutants.ts";
import {
  ATTACKED_MUTANTS,
  DISTURBED_MUTANTS,
  EXTENSION_MUTANTS,
} from "./extension_mutants.ts";
import { HOSTILE_MUTANTS } from "./hostile_mutants.ts";
import { MESSAGE_MUTANTS } from "./message_mutants.ts";
import type { Mutant, MutantGroup, MutantSuite } from "./mutant.ts";
import { NAME_MUTANTS } from "./name_mutants.ts";
import { NUMBER_MUTANTS } from "./number_mutants.ts";
import { REQUESTOR_MUTANTS } from "./requestor_mutants.ts";
import { REFUSAL_MUTANTS } from "./_refusal_mutants.ts";
import { RESPONDER_MUTANTS } from "./responder_mutants.ts";
import {
  WAITING_EXTENSION_MUTANTS,
  WAITING_MUTANTS,
} from "./_waiting_mutants.ts";
import { WEBSOCKET_MUTANTS } from "./websocket_mutants.ts";

const CODEC_MUTANTS: readonly Mutant[] = [
  ...NUMBER_MUTANTS,
  ...NAME_MUTANTS,
  ...MESSAGE_MUTANTS,
];

const PEER_MUTANTS: readonly Mutant[] = [
  ...CONNECTION_MUTANTS,
  ...RESPONDER_MUTANTS,
  ...REQUESTOR_MUTANTS,
  ...DISTURBED_MUTANTS,
  ...AFTERMATH_MUTANTS,
  ...SHARED_MUTANTS,
  ...STREAM_END_MUTANTS,
  ...WAITING_MUTANTS,
  ...REFUSAL_MUTANTS,
  ...LARGE_MUTANTS,
];

/** Mutants of the codec that conversations must kill as well, by what the library writes on its own. */
const SEEN_IN_SESSIONS: ReadonlySet<string> = new Set([
  "cut-header-lost",
  "empty-name-length-left-out",
  "empty-payload-takes-a-byte",
  "name-length-cut",
  "name-length-in-characters",
  "name-length-written-in-decimal",
  "sizes-written-in-decimal",
]);

/** Mutants of a conversation that behave differently over WebSocket. */
const SEEN_ON_WEBSOCKET: ReadonlySet<string> = new Set([
  "end-overtakes-messages",
  "error-ends-stream-in-order",
  "fault-survived",
  "pending-forgotten",
]);

const BY_SUITE = {
  codec: CODEC_MUTANTS,
  session: [
    ...PEER_MUTANTS,
    ...CODEC_MUTANTS.filter(({ name }) => SEEN_IN_SESSIONS.has(name)),
  ],
  websocket: [
    ...WEBSOCKET_MUTANTS,
    ...PEER_MUTANTS.filter(({ name }) => SEEN_ON_WEBSOCKET.has(name)),
  ],
  extensions: [...EXTENSION_MUTANTS, ...WAITING_EXTENSION_MUTANTS],
  hostile: [...HOSTILE_MUTANTS, ...ATTACKED_MUTANTS],
} as const satisfies Record<MutantSuite, readonly Mutant[]>;

/** All mutants, in the order of the page. */
export const MUTANTS: readonly MutantGroup[] = Object.entries(BY_SUITE)
  .map(([suite, mutants]) => ({ suite: suite as MutantSuite, mutants }));
