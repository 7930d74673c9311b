/**
 * A back-plane that loses messages when a test wants it to.
 *
 * @module
 */

import type { BackPlane } from "../back_plane.ts";

/** A back-plane of which messages can be lost, and watched. */
export interface LossyBackPlane extends BackPlane {
  /** Whether what is published is lost: unnoticed, or noticed. */
  loses: false | "unnoticed" | "noticed";
  /** The kinds of the messages that were published. */
  readonly kinds: string[];
}

/** Wraps a back-plane. */
export function lossy(backPlane: BackPlane): LossyBackPlane {
  return {
    loses: false,
    kinds: [],
    publish(topic, message) {
      const [line = ""] = new TextDecoder().decode(message).split("\n");
      this.kinds.push(JSON.parse(line).kind);
      if (this.loses) return this.loses === "unnoticed";
      return backPlane.publish(topic, message);
    },
    subscribe: (topic, receive) => backPlane.subscribe(topic, receive),
    close: () => backPlane.close(),
  };
}
