/**
 * The published corpus, loaded with the module and without any permission.
 *
 * @module
 */

import codecFault from "../../corpus/codec/fault.json" with { type: "json" };
import codecHandshake from "../../corpus/codec/handshake.json" with {
  type: "json",
};
import codecHeartbeat from "../../corpus/codec/heartbeat.json" with {
  type: "json",
};
import codecMatrixCuts from "../../corpus/codec/matrix-cuts.json" with {
  type: "json",
};
import codecMatrixIds from "../../corpus/codec/matrix-ids.json" with {
  type: "json",
};
import codecMatrixKinds from "../../corpus/codec/matrix-kinds.json" with {
  type: "json",
};
import codecMatrixLimits from "../../corpus/codec/matrix-limits.json" with {
  type: "json",
};
import codecMatrixNames from "../../corpus/codec/matrix-names.json" with {
  type: "json",
};
import codecMatrixNumbers from "../../corpus/codec/matrix-numbers.json" with {
  type: "json",
};
import codecMatrixPayloads from "../../corpus/codec/matrix-payloads.json" with {
  type: "json",
};
import codecMatrixRange from "../../corpus/codec/matrix-range.json" with {
  type: "json",
};
import codecNames from "../../corpus/codec/names.json" with { type: "json" };
import codecNotification from "../../corpus/codec/notification.json" with {
  type: "json",
};
import codecNumbers from "../../corpus/codec/numbers.json" with {
  type: "json",
};
import codecProtocolError from "../../corpus/codec/protocol-error.json" with {
  type: "json",
};
import codecRequest from "../../corpus/codec/request.json" with {
  type: "json",
};
import codecResult from "../../corpus/codec/result.json" with { type: "json" };
import codecStream from "../../corpus/codec/stream.json" with { type: "json" };
import codecVersion00 from "../../corpus/codec/version00.json" with {
  type: "json",
};
import extensionsBytes from "../../corpus/extensions/bytes.json" with {
  type: "json",
};
import extensionsCancel from "../../corpus/extensions/cancel.json" with {
  type: "json",
};
import extensionsCredit from "../../corpus/extensions/credit.json" with {
  type: "json",
};
import extensionsDrain from "../../corpus/extensions/drain.json" with {
  type: "json",
};
import extensionsMatrixCancel from "../../corpus/extensions/matrix-cancel.json" with {
  type: "json",
};
import extensionsMatrixCredit from "../../corpus/extensions/matrix-credit.json" with {
  type: "json",
};
import extensionsOperations from "../../corpus/extensions/operations.json" with {
  type: "json",
};
import extensionsTrace from "../../corpus/extensions/trace.json" with {
  type: "json",
};
import hostileContent from "../../corpus/hostile/content.json" with {
  type: "json",
};
import hostileDuplicate from "../../corpus/hostile/duplicate.json" with {
  type: "json",
};
import hostileExtensions from "../../corpus/hostile/extensions.json" with {
  type: "json",
};
import hostileFloods from "../../corpus/hostile/floods.json" with {
  type: "json",
};
import hostileOrder from "../../corpus/hostile/order.json" with {
  type: "json",
};
import hostileSizes from "../../corpus/hostile/sizes.json" with {
  type: "json",
};
import hostileSlow from "../../corpus/hostile/slow.json" with { type: "json" };
import manifest from "../../corpus/manifest.json" with { type: "json" };
import sessionApart from "../../corpus/session/apart.json" with {
  type: "json",
};
import sessionBack from "../../corpus/session/back.json" with { type: "json" };
import sessionCall from "../../corpus/session/call.json" with { type: "json" };
import sessionClose from "../../corpus/session/close.json" with {
  type: "json",
};
import sessionExact from "../../corpus/session/exact.json" with {
  type: "json",
};
import sessionFault from "../../corpus/session/fault.json" with {
  type: "json",
};
import sessionHandshake from "../../corpus/session/handshake.json" with {
  type: "json",
};
import sessionHeartbeat from "../../corpus/session/heartbeat.json" with {
  type: "json",
};
import sessionLasting from "../../corpus/session/lasting.json" with {
  type: "json",
};
import sessionLimits from "../../corpus/session/limits.json" with {
  type: "json",
};
import sessionLogin from "../../corpus/session/login.json" with {
  type: "json",
};
import sessionMatrixContent from "../../corpus/session/matrix-content.json" with {
  type: "json",
};
import sessionMatrixFields from "../../corpus/session/matrix-fields.json" with {
  type: "json",
};
import sessionMatrixPlaces from "../../corpus/session/matrix-places.json" with {
  type: "json",
};
import sessionMatrixSkips from "../../corpus/session/matrix-skips.json" with {
  type: "json",
};
import sessionNotify from "../../corpus/session/notify.json" with {
  type: "json",
};
import sessionOverlap from "../../corpus/session/overlap.json" with {
  type: "json",
};
import sessionRetry from "../../corpus/session/retry.json" with {
  type: "json",
};
import sessionSimilar from "../../corpus/session/similar.json" with {
  type: "json",
};
import sessionStream from "../../corpus/session/stream.json" with {
  type: "json",
};
import websocketAnswers from "../../corpus/websocket/answers.json" with {
  type: "json",
};
import websocketClose from "../../corpus/websocket/close.json" with {
  type: "json",
};
import websocketFraming from "../../corpus/websocket/framing.json" with {
  type: "json",
};
import websocketMatrixUnits from "../../corpus/websocket/matrix-units.json" with {
  type: "json",
};
import websocketRaw from "../../corpus/websocket/raw.json" with {
  type: "json",
};
import websocketText from "../../corpus/websocket/text.json" with {
  type: "json",
};
import websocketUpgrade from "../../corpus/websocket/upgrade.json" with {
  type: "json",
};
import type { Case, CaseFile } from "./case.ts";
import { withRepeatedSteps } from "./repeated_steps.ts";
import { type Statement, STATEMENTS } from "./statements.ts";

/** A corpus of cases. */
export interface Corpus {
  /** Its version. */
  readonly version: string;
  /** The statements of the protocol. */
  readonly statements: readonly Statement[];
  /** Its files, by their paths. */
  readonly files: Readonly<Record<string, CaseFile>>;
  /** Present if it is not the corpus of this package, but has cases of somebody else, in its form. */
  readonly own?: true;
  /** The statements that no case can test, with the reason. */
  readonly untestable?: Readonly<Record<string, string>>;
}

/** The files of the corpus, by their paths in it. */
const FILES: Readonly<Record<string, unknown>> = {
  "codec/fault.json": codecFault,
  "codec/handshake.json": codecHandshake,
  "codec/heartbeat.json": codecHeartbeat,
  "codec/matrix-cuts.json": codecMatrixCuts,
  "codec/matrix-ids.json": codecMatrixIds,
  "codec/matrix-kinds.json": codecMatrixKinds,
  "codec/matrix-limits.json": codecMatrixLimits,
  "codec/matrix-names.json": codecMatrixNames,
  "codec/matrix-numbers.json": codecMatrixNumbers,
  "codec/matrix-payloads.json": codecMatrixPayloads,
  "codec/matrix-range.json": codecMatrixRange,
  "codec/names.json": codecNames,
  "codec/notification.json": codecNotification,
  "codec/numbers.json": codecNumbers,
  "codec/protocol-error.json": codecProtocolError,
  "codec/request.json": codecRequest,
  "codec/result.json": codecResult,
  "codec/stream.json": codecStream,
  "codec/version00.json": codecVersion00,
  "extensions/bytes.json": extensionsBytes,
  "extensions/cancel.json": extensionsCancel,
  "extensions/credit.json": extensionsCredit,
  "extensions/drain.json": extensionsDrain,
  "extensions/matrix-cancel.json": extensionsMatrixCancel,
  "extensions/matrix-credit.json": extensionsMatrixCredit,
  "extensions/operations.json": extensionsOperations,
  "extensions/trace.json": extensionsTrace,
  "hostile/content.json": hostileContent,
  "hostile/duplicate.json": hostileDuplicate,
  "hostile/extensions.json": hostileExtensions,
  "hostile/floods.json": hostileFloods,
  "hostile/order.json": hostileOrder,
  "hostile/sizes.json": hostileSizes,
  "hostile/slow.json": hostileSlow,
  "session/apart.json": sessionApart,
  "session/back.json": sessionBack,
  "session/call.json": sessionCall,
  "session/close.json": sessionClose,
  "session/exact.json": sessionExact,
  "session/fault.json": sessionFault,
  "session/handshake.json": sessionHandshake,
  "session/heartbeat.json": sessionHeartbeat,
  "session/lasting.json": sessionLasting,
  "session/limits.json": sessionLimits,
  "session/login.json": sessionLogin,
  "session/matrix-content.json": sessionMatrixContent,
  "session/matrix-fields.json": sessionMatrixFields,
  "session/matrix-places.json": sessionMatrixPlaces,
  "session/matrix-skips.json": sessionMatrixSkips,
  "session/notify.json": sessionNotify,
  "session/overlap.json": sessionOverlap,
  "session/retry.json": sessionRetry,
  "session/similar.json": sessionSimilar,
  "session/stream.json": sessionStream,
  "websocket/answers.json": websocketAnswers,
  "websocket/close.json": websocketClose,
  "websocket/framing.json": websocketFraming,
  "websocket/matrix-units.json": websocketMatrixUnits,
  "websocket/raw.json": websocketRaw,
  "websocket/text.json": websocketText,
  "websocket/upgrade.json": websocketUpgrade,
};

/** The corpus of this version of the package. */
export const CORPUS: Corpus = {
  version: manifest.version,
  statements: STATEMENTS,
  files: Object.fromEntries(
    Object.entries(FILES).map(([path, file]) => [
      path,
      withRepeatedSteps(file as CaseFile),
    ]),
  ),
  untestable: manifest.untestable,
};

/** Returns the cases of a corpus, in the order of its files. */
export function casesOf({ files }: Pick<Corpus, "files">): Case[] {
  return Object.values(files).flatMap(({ cases }) => cases);
}

/** Returns the case with an identifier; `undefined` if there is none. */
export function findCase(
  corpus: Pick<Corpus, "files">,
  id: string,
): Case | undefined {
  return casesOf(corpus).find((each) => each.id === id);
}
