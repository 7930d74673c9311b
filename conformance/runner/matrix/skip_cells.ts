/**
 * The cells of payloads above the limit: each kind that has one, cut in each way.
 *
 * @module
 */

import type { Role, SessionCase } from "../cases/case.ts";
import { KIND_NAMES } from "../cases/message_kinds.ts";
import { fieldsOf } from "./layout.ts";
import type { Ledger } from "./ledger.ts";

/** The beginning of the identifiers of the cases that fill these cells. */
export const SKIPS = "session/matrix-skips/";

const CUTS = ["bytewise", "pieces", "large", "at limit"] as const;

const ROLES: readonly Role[] = ["acceptor", "initiator"];

/** Adds the cells. */
export function declareSkips(ledger: Ledger): void {
  for (const role of ROLES) {
    for (const kind of KIND_NAMES) {
      if (!fieldsOf(kind).includes("payload")) continue;
      ledger.declareNames(`limits/${role}/skipped/${kind}`, CUTS);
    }
  }
}

/** Records which payload a case has dropped; its identifier says so. */
export function showSkips(ledger: Ledger, { id, roles }: SessionCase): void {
  if (!id.startsWith(SKIPS)) return;
  const cut = CUTS.find((each) => id.endsWith(`-${slug(each)}`));
  if (cut === undefined) return;
  const words = id.slice(SKIPS.length, -slug(cut).length - 1).split("-");
  const kind = words.map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join("");
  for (const role of roles) {
    ledger.show(`limits/${role}/skipped/${kind}`, cut, id);
  }
}

/** A way to cut as identifiers have it. */
function slug(cut: string): string {
  return cut.replace(" ", "-");
}
