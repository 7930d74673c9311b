/**
 * How much of the corpus applies to a server without an adapter, and what would
 * add to it.
 *
 * @module
 */

import type { SessionCase, Transport } from "../cases/case.ts";
import type { CaseRun, ConversationRun } from "../cases/expand.ts";
import type { ConnectionOptions, Description } from "../implementation.ts";
import {
  featuresOf,
  operationsForCommands,
  operationsOf,
  whyNoOperations,
} from "../session/mod.ts";
import { formatLimits } from "../target_limits.ts";
import type { Report, Result } from "./report.ts";
import { isSilent } from "./verdicts.ts";

/** Returns how many of the chosen cases for servers apply, over the transports of a target. */
export function targetShare(
  runs: readonly CaseRun[],
  results: readonly Pick<Result, "id" | "verdict">[],
  description: Description,
  whyUnfit: (session: SessionCase, over: Transport) => string | undefined,
): NonNullable<Report["target"]> {
  const transports = description.roles.acceptor ?? [];
  const runsOf = Map.groupBy(
    runs.filter((each): each is ConversationRun =>
      each.kind === "session" && each.role === "acceptor" &&
      transports.includes(each.over)
    ),
    ({ case: { id } }) => id,
  );
  const applied = new Set(
    results.filter(({ verdict }) => !isSilent(verdict)).map(({ id }) => id)
      .filter((id) => runsOf.has(id)),
  );
  const more = new Map<string, number>();
  let adapter = 0;
  for (const [id, [run]] of runsOf) {
    if (applied.has(id)) continue;
    const means = meansFor(run!, description, whyUnfit);
    if (means === undefined) adapter++;
    else more.set(means, (more.get(means) ?? 0) + 1);
  }
  return {
    cases: runsOf.size,
    applied: applied.size,
    more: Array.from(more, ([means, cases]) => ({ with: means, cases }))
      .sort((a, b) => b.cases - a.cases || (a.with < b.with ? -1 : 1)),
    adapter,
  };
}

/** Returns the options of the runner with which a case would apply; `undefined` if only an adapter helps. */
function meansFor(
  { case: session, over, unit }: ConversationRun,
  { features, operations }: Description,
  whyUnfit: (session: SessionCase, over: Transport) => string | undefined,
): string | undefined {
  if (whyNoOperations(session) !== undefined) return undefined;
  const missing = [...featuresOf(session, unit)].filter((feature) =>
    !features.includes(feature)
  );
  if (missing.some((feature) => !feature.startsWith("extension"))) {
    return undefined;
  }
  const lacking = [...operationsOf(session), ...operationsForCommands(session)]
    .filter((name) => !operations.includes(name));
  if (lacking.length > 0) {
    return `--operations ${[...new Set(lacking)].sort().join(",")}`;
  }
  const options: Record<string, unknown> = { ...session.options };
  if (options["streams"] === true) delete options["streams"];
  if (missing.includes("extensionTrace")) delete options["traces"];
  if (missing.includes("extensionOperations")) delete options["operations"];
  if (options["virtualTime"] === true) return undefined;
  const isUnfit = whyUnfit(session, over) !== undefined;
  const words = missing.length === 0 ? [] : [`--features ${missing.join(",")}`];
  if (isUnfit && Object.keys(options).length > 0) {
    words.push(`#${formatLimits(options as ConnectionOptions)}`);
  }
  return words.length > 0
    ? words.join(" and ")
    : isUnfit
    ? "an address without limits"
    : undefined;
}
