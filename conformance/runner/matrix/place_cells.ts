/**
 * The cells of limits: each limit reached, and its places given back in each way.
 *
 * @module
 */

import type { Role, SessionCase } from "../cases/case.ts";
import type { Ledger } from "./ledger.ts";

/** How the places below each limit are given back. */
export const RELEASES = {
  requests: [
    "success",
    "failure",
    "failure-later",
    "crash",
    "unknown",
    "faulty",
    "oversize",
    "retry",
    "retry-later",
    "overload",
    "cancel",
    "end",
    "apart",
  ],
  streams: [
    "success",
    "early",
    "failure",
    "failure-behind-parts",
    "crash",
    "unknown",
    "single-operation",
    "oversize",
    "overload",
    "cancel",
    "end",
    "apart",
  ],
} as const;

/** The beginning of the identifiers of the cases that fill these cells. */
export const PLACES = "session/matrix-places/";

const ROLES: readonly Role[] = ["acceptor", "initiator"];

/** Adds the cells of limits. */
export function declarePlaces(ledger: Ledger): void {
  for (const role of ROLES) {
    for (const [limit, releases] of Object.entries(RELEASES)) {
      ledger.declareNames(`limits/${role}/${limit}`, releases);
    }
  }
}

/** Records which limit a case reaches, and how it gives the places back; its identifier says so. */
export function showPlaces(ledger: Ledger, { id, roles }: SessionCase): void {
  if (!id.startsWith(PLACES)) return;
  const [limit, ...release] = id.slice(PLACES.length).split("-");
  for (const role of roles) {
    ledger.show(`limits/${role}/${limit}`, release.join("-"), id);
  }
}
