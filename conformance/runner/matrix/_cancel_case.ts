/**
 * What all cases of cancels are made of.
 *
 * @module
 */

import type { SessionCase, Step } from "../cases/case.ts";
import { CANCELS } from "./extension_cells.ts";
import { session } from "./_session_parts.ts";

/** A kind of request. */
export type Kind = "single" | "stream";

/** Both kinds. */
export const KINDS: readonly Kind[] = ["single", "stream"];

const NAMES = {
  single: "a single request",
  stream: "a stream request",
} as const satisfies Record<Kind, string>;

/** What a case of a cancel says of itself, and its steps. */
interface CancelCase {
  readonly kind: Kind;
  readonly name: string;
  readonly title: string;
  readonly spec: readonly string[];
  readonly needs?: readonly string[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly heeds?: readonly string[];
  readonly steps: readonly Step[];
}

/** Makes a case of a cancel for a kind of request. */
export function cancelCase(
  { kind, name, title, needs = [], heeds, ...rest }: CancelCase,
): SessionCase {
  const made: SessionCase = session({
    id: `${CANCELS}${kind}-${name}`,
    title: `${title}: ${NAMES[kind]}`,
    spec: rest.spec,
    needs: [
      ...kind === "stream" ? ["streams"] : [],
      ...needs,
      "extensionCancel",
    ],
    ...rest.options === undefined ? {} : { options: rest.options },
  }, rest.steps);
  if (heeds === undefined) return made;
  const { steps, ...before } = made;
  return { ...before, heeds, steps };
}
