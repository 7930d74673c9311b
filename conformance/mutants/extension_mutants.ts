/**
 * Mutants that speak extensions wrongly, or are disturbed by those of others.
 *
 * @module
 */

import type { Mutant } from "./mutant.ts";

/** Mutants that fail with peers which speak extensions; conversations without any kill them. */
export const DISTURBED_MUTANTS: readonly Mutant[] = [
  {
    name: "extension-ends",
    does: "ends the connection over a notification of an extension",
    edits: [{
      in: "isForExtension",
      from: "extensions?.received(name, payload);",
      to: 'if (name !== "") throw new TypeError("mutant");',
    }],
  },
  {
    name: "extension-answered",
    does: "answers notifications of extensions with an ErrorResult",
    edits: [{
      in: "Extensions.received",
      first:
        'this.#link.send({ kind: "ErrorResult", id: 0x30303031 as any, payload } as any);',
    }],
  },
];

/** Mutants of traces. */
const TRACE_MUTANTS: readonly Mutant[] = [
  {
    name: "malformed-trace-ends",
    does: "ends the connection over a trace that is malformed or one too many",
    edits: [{
      in: "ReceivedTraces.#drop",
      from: "this.#link.countUnproductive();",
      to: 'throw new TypeError("mutant");',
    }],
  },
  {
    name: "traced-request-dropped",
    does: "takes a trace for its request, and drops the request",
    edits: [{
      in: "isForExtension",
      from: "extensions?.requestArrives(id);",
      to:
        "extensions?.requestArrives(id); if (extensions?.parent !== undefined) return true;",
    }],
  },
];

/** Mutants of the extensions that peers speak. */
export const EXTENSION_MUTANTS: readonly Mutant[] = [
  ...TRACE_MUTANTS,
];
