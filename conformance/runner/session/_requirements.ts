/**
 * What a case requires of an implementation and of the runner.
 *
 * @module
 */

import { Decoder, encodeVersion, VersionReader } from "@gotalk/gotalk/codec";
import { toBytes } from "../cases/bytes.ts";
import type {
  Role,
  SendItem,
  SessionCase,
  Step,
  Transport,
} from "../cases/case.ts";
import type { Unit } from "../cases/expand.ts";
import { OPERATIONS } from "../cases/vocabulary.ts";
import type {
  ConnectionOptions,
  Description,
  Implementation,
} from "../implementation.ts";
import { outgoing } from "./_outgoing.ts";

/** Returns why a case does not apply, `undefined` if it does. */
export function whyNotApplicable(
  run: {
    readonly case: SessionCase;
    readonly role: Role;
    readonly over: Transport;
    readonly unit?: Unit;
  },
  implementation: Implementation,
  description: Description,
): string | undefined {
  const { role, over, unit } = run;
  const transports = description.roles[role];
  if (transports === undefined) return `it cannot be the ${role}`;
  if (over === "memory") {
    if (implementation.adopt === undefined) return "it cannot be run in memory";
  } else if (!transports.includes(over)) {
    return `it cannot be the ${role} over ${over}`;
  }
  for (const feature of featuresOf(run.case, unit)) {
    if (!description.features.includes(feature)) {
      return `it does not have the feature ${feature}`;
    }
  }
  for (const operation of operationsOf(run.case)) {
    if (!description.operations.includes(operation)) {
      return `it does not have the operation ${operation}`;
    }
  }
  return undefined;
}

/** The standard operations that each case requires, since each case has several runs. */
const operations = new WeakMap<SessionCase, ReadonlySet<string>>();

/** Returns the standard operations that a case requires. */
export function operationsOf(session: SessionCase): ReadonlySet<string> {
  let known = operations.get(session);
  if (known === undefined) {
    operations.set(session, known = findOperations(session));
  }
  return known;
}

/** The names of notifications that do more than to be remembered; what has the operation `notes` handles them. */
const HANDLED_NOTIFICATIONS: readonly string[] = ["ask", "crash"];

function findOperations(
  { steps, bystander }: SessionCase,
): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (kind: string, bytes: string | Uint8Array) => {
    const name = typeof bytes === "string"
      ? bytes
      : new TextDecoder().decode(bytes);
    if (kind === "Notification") {
      if (HANDLED_NOTIFICATIONS.includes(name)) found.add("notes");
    } else if (OPERATIONS.includes(name)) found.add(name);
  };
  const sent = new SentOperations(add);
  if (bystander === true) found.add("echo");
  for (const step of steps) {
    if ("echo" in step || "alive" in step) found.add("echo");
    else if ("handshake" in step) sent.push([encodeVersion()]);
    else if ("send" in step) sent.items(step.send);
    else if ("flood" in step) sent.items(step.flood.send);
    else if ("storm" in step) new SentOperations(add).items(step.storm.send);
  }
  return found;
}

/** Reports whether time passes only by the `advance` steps of a case. */
export function isVirtual({ steps, options }: SessionCase): boolean {
  return options?.["virtualTime"] === true ||
    steps.some((step) => "advance" in step);
}

/** Returns the options of the command `listen` or `connect`. */
export function optionsOf(session: SessionCase): ConnectionOptions | undefined {
  const { options } = session;
  return isVirtual(session) ? { ...options, virtualTime: true } : options;
}

/** Reports whether the runner must be able to reset connections. */
export function resets({ steps }: SessionCase): boolean {
  return steps.some((step) =>
    "close" in step && step.close === "reset" ||
    "storm" in step && step.storm.close === "reset"
  );
}

/** Reports whether a step needs the implementation's handle of the connection. */
export function needsHandle(steps: readonly Step[]): boolean {
  return steps.some((step) => "do" in step || "report" in step);
}

/** Reports whether a case needs a listener that no other case uses: it asks for a handle, or its HTTP may harm the listener. */
export function needsOwnListener(steps: readonly Step[]): boolean {
  return needsHandle(steps) ||
    steps.some((step) => "raw" in step || "upgrade" in step);
}

/** Returns the features that a case requires. */
export function featuresOf(
  { needs = [], steps }: SessionCase,
  unit?: Unit,
): ReadonlySet<string> {
  const features = new Set(needs);
  if (unit === "text") features.add("textMessages");
  if (steps.some((step) => "advance" in step)) features.add("virtualTime");
  return features;
}

/** Finds operations and notifications in the items that a case sends, as messages or as bytes. */
class SentOperations {
  readonly #add: (kind: string, name: string | Uint8Array) => void;
  readonly #version = new VersionReader();
  readonly #decoder = new Decoder();
  #isReadable = true;

  constructor(add: (kind: string, name: string | Uint8Array) => void) {
    this.#add = add;
  }

  items(items: readonly SendItem[]): void {
    for (const item of items) {
      if ("kind" in item) {
        const name = item.operation ?? item.name;
        if (name !== undefined) {
          this.#add(item.kind, typeof name === "string" ? name : toBytes(name));
        }
        if (item.first !== undefined) this.#isReadable = false;
        continue;
      }
      if ("raw" in item) {
        this.#isReadable = false;
        continue;
      }
      const part = outgoing(item, new Map());
      if ("raw" in part) continue;
      this.push(
        "units" in part
          ? part.units
          : part.frame.type === "ping" || part.frame.type === "pong"
          ? []
          : [part.frame.bytes],
      );
    }
  }

  /** Reads bytes, as long as they are messages. */
  push(units: readonly Uint8Array[]): void {
    for (let bytes of units) {
      bytes = bytes.subarray(this.#version.push(bytes));
      if (!this.#isReadable || this.#version.outcome !== "spoken") continue;
      try {
        this.#decoder.push(bytes);
        this.#read();
      } catch {
        this.#isReadable = false;
      }
    }
  }

  #read(): void {
    const decoder = this.#decoder;
    while (decoder.remaining === 0 || decoder.skip()) {
      const header = decoder.readHeader();
      if (header === undefined) return;
      if ("name" in header) this.#add(header.kind, header.name);
    }
  }
}
