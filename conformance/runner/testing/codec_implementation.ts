/**
 * A implementation that has nothing but a codec, whose answers a test can change.
 *
 * @module
 */

import { GotalkImplementation } from "../../implementations/adapters/deno/implementation.ts";
import type { Corpus } from "../cases/corpus.ts";
import type {
  CommandName,
  Commands,
  Description,
  Implementation,
} from "../implementation.ts";
import { AdapterError, SkippedError } from "../implementation.ts";

/** What a test changes about a codec; what is absent works. */
export interface CodecChanges {
  readonly description?: Partial<Description>;
  readonly decode?: (
    args: Commands["decode"]["args"],
    right: Commands["decode"]["answer"],
  ) => Commands["decode"]["answer"] | Promise<Commands["decode"]["answer"]>;
  readonly encode?: (
    args: Commands["encode"]["args"],
    right: Commands["encode"]["answer"],
  ) => Commands["encode"]["answer"] | Promise<Commands["encode"]["answer"]>;
}

/** A codec that is right but for what is changed, and that can be ended. */
export class CodecImplementation implements Implementation {
  readonly ended: Promise<string>;
  /** Whether it was disposed of. */
  disposed = false;
  readonly #codec = new GotalkImplementation();
  readonly #changes: CodecChanges;
  readonly #end: (how: string) => void;
  #over: string | undefined;

  constructor(changes: CodecChanges = {}) {
    this.#changes = changes;
    ({ promise: this.ended, resolve: this.#end } = Promise.withResolvers<
      string
    >());
  }

  /** Ends as a program that crashes does. */
  crash(how = "it exited with status 2"): never {
    this.#over = `Cannot use the adapter: ${how}`;
    this.#end(this.#over);
    throw new AdapterError(this.#over, { fatal: true });
  }

  async ask<C extends CommandName>(
    command: C,
    args: Commands[C]["args"],
  ): Promise<Commands[C]["answer"]> {
    if (this.#over !== undefined) {
      throw new AdapterError(this.#over, { fatal: true });
    }
    const right = await this.#codec.ask(command, args);
    const { description, decode, encode } = this.#changes;
    switch (command) {
      case "start":
        return {
          ...right as Description,
          roles: {},
          features: ["codec"],
          ...description,
        };
      case "decode":
        return await decode?.(
          args as Commands["decode"]["args"],
          right as Commands["decode"]["answer"],
        ) ?? right;
      case "encode":
        return await encode?.(
          args as Commands["encode"]["args"],
          right as Commands["encode"]["answer"],
        ) ?? right;
      case "reset":
      case "stop":
        return {};
      default:
        throw new SkippedError("there is only a codec");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disposed = true;
    await this.#codec[Symbol.asyncDispose]();
  }
}

/** A corpus of a few codec cases, for tests. */
export const SMALL_CORPUS: Corpus = {
  version: "9.9.9",
  statements: [
    { id: "wire/a", level: "must", text: "A holds." },
    { id: "wire/b", level: "should", text: "B holds." },
    { id: "wire/c", level: "must", text: "C holds." },
  ],
  files: {
    "codec/small.json": {
      about: "Little.",
      notes: {},
      cases: [
        {
          id: "codec/small/error",
          since: "1.0.0",
          level: "must",
          title: "A ProtocolError is nine bytes",
          spec: ["wire/a"],
          directions: ["decode", "encode"],
          wire: "f00000001",
          messages: [{ kind: "ProtocolError", code: 1 }],
        },
        {
          id: "codec/small/upper-case",
          since: "1.0.0",
          level: "should",
          title: "Digits are written in lower case",
          spec: ["wire/a", "wire/b"],
          directions: ["encode"],
          wire: "f0000000a",
          messages: [{ kind: "ProtocolError", code: 10 }],
        },
      ],
    },
    "hostile/small.json": {
      about: "Little.",
      notes: {},
      cases: [
        {
          id: "hostile/small/error",
          since: "1.0.0",
          level: "must",
          title: "A ProtocolError is nine bytes here too",
          spec: ["wire/a"],
          directions: ["encode"],
          wire: "f00000002",
          messages: [{ kind: "ProtocolError", code: 2 }],
        },
      ],
    },
  },
};
