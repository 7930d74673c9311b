/**
 * The suites of the corpus.
 *
 * @module
 */

/** The name of a suite: the first component of an identifier, and a folder of the corpus. */
export type Suite =
  | "codec"
  | "session"
  | "websocket"
  | "extensions"
  | "hostile";

/** The properties of a suite. */
export interface SuiteTraits {
  /** The schema of its files, which also says what its cases are: bytes, or conversations. */
  readonly schema: "codec" | "session";
  /** Whether its cases run only on request. */
  readonly isOptIn: boolean;
}

/** Every suite, in the order of help texts. */
export const SUITES = {
  codec: { schema: "codec", isOptIn: false },
  session: { schema: "session", isOptIn: false },
  websocket: { schema: "session", isOptIn: false },
  extensions: { schema: "session", isOptIn: false },
  hostile: { schema: "session", isOptIn: true },
} as const satisfies Readonly<Record<Suite, SuiteTraits>>;

/** The names of all suites. */
export const SUITE_NAMES = Object.keys(SUITES) as readonly Suite[];

/** Returns whether a text is the name of a suite. */
export function isSuite(text: string): text is Suite {
  return Object.hasOwn(SUITES, text);
}

/**
 * Returns the suite of an identifier, of a full name, or of a path in the corpus.
 *
 * @throws {TypeError} If there is no such suite.
 */
export function suiteOf(id: string): Suite {
  const suite = id.split("/", 1)[0]!;
  if (isSuite(suite)) return suite;
  throw new TypeError(
    `Cannot find the suite of ${id}: got ${suite}, wanted one of ${
      SUITE_NAMES.join(", ")
    }`,
  );
}
