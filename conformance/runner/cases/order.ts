/**
 * The order in which cases are run and printed: the simplest first.
 *
 * @module
 */

import { compare } from "./plan.ts";
import { SUITE_NAMES, suiteOf } from "./suites.ts";

/** The topics of each suite that come first, from simple to difficult. */
const TOPICS = [
  "codec/handshake",
  "codec/request",
  "codec/result",
  "codec/notification",
  "codec/stream",
  "codec/protocol-error",
  "codec/heartbeat",
  "codec/numbers",
  "codec/names",
  "session/handshake",
  "session/call",
  "session/notify",
  "session/stream",
  "session/fault",
  "session/close",
  "websocket/upgrade",
  "websocket/framing",
] as const;

/** The simplest way to cut the bytes of a case: not at all. */
const WHOLE = "chunk:whole";

/**
 * Compares full names or identifiers: by the place of their topics, then by
 * name, but bytes in one piece come first.
 */
export function compareSimplicity(a: string, b: string): number {
  return suiteRank(a) - suiteRank(b) || topicRank(a) - topicRank(b) ||
    compare(withoutWhole(a), withoutWhole(b));
}

/** Whether a case belongs to the topics that come first in its suite. */
export function isSimple(name: string): boolean {
  return topicRank(name) < TOPICS.length;
}

function withoutWhole(name: string): string {
  return name.endsWith(WHOLE) ? name.slice(0, -WHOLE.length) : name;
}

function suiteRank(name: string): number {
  return SUITE_NAMES.indexOf(suiteOf(name));
}

function topicRank(name: string): number {
  const topic = name.split("/", 2).join("/");
  const at = (TOPICS as readonly string[]).indexOf(topic);
  return at === -1 ? TOPICS.length : at;
}
