/**
 * The cells of extensions: what a cancel and a credit can be, and what they
 * concern, for each kind of request and each direction of a stream.
 *
 * @module
 */

import type { Role, SessionCase } from "../cases/case.ts";
import type { Ledger } from "./ledger.ts";

/** The beginning of the identifiers of the cases of credits. */
export const CREDITS = "extensions/matrix-credit/";

/** The beginning of the identifiers of the cases of cancels. */
export const CANCELS = "extensions/matrix-cancel/";

const CREDIT_CLASSES = [
  "malformed-size",
  "malformed-letter",
  "malformed-digits",
  "offset-powers",
  "offset-borders",
  "offset-case",
  "rises",
  "lower",
  "apart",
  "unlimited",
] as const;

const CANCEL_CLASSES = [
  "malformed",
  "similar",
  "places",
  "once",
  "beside",
  "running",
  "written",
  "late",
  "id",
] as const;

/** What is tried of each direction of a stream, and of each kind of request. */
const CELLS: Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
> = {
  [CREDITS]: { answer: CREDIT_CLASSES, request: CREDIT_CLASSES },
  [CANCELS]: {
    single: CANCEL_CLASSES,
    stream: CANCEL_CLASSES,
  },
};

const ROLES: readonly Role[] = ["acceptor", "initiator"];

function rowOf(role: Role, folder: string, of: string): string {
  return `${folder.replace("matrix-", "")}${role}/${of}`;
}

/** Adds the cells of extensions. */
export function declareExtensions(ledger: Ledger): void {
  for (const role of ROLES) {
    for (const [folder, rows] of Object.entries(CELLS)) {
      for (const [of, classes] of Object.entries(rows)) {
        ledger.declareNames(rowOf(role, folder, of), classes);
      }
    }
  }
}

/** Records what a case tries; its identifier says so. */
export function showExtensions(
  ledger: Ledger,
  { id, roles }: SessionCase,
): void {
  const folder = Object.keys(CELLS).find((each) => id.startsWith(each));
  if (folder === undefined) return;
  const [of = "", ...name] = id.slice(folder.length).split("-");
  for (const role of roles) {
    ledger.show(rowOf(role, folder, of), name.join("-"), id);
  }
}
