/**
 * A back-plane within one process, for tests.
 *
 * @module
 */

import type { BackPlane, BackPlaneSubscription } from "./back_plane.ts";

type Receive = (message: Uint8Array) => void;

/**
 * Returns back-planes that are connected with each other: two, or `count`.
 *
 * Each stands for a process, so that a test of an application for many processes
 * needs one only. Messages arrive asynchronously, and are lost once a back-plane
 * is closed.
 *
 * @example Two processes in one
 * ```ts
 * import { Rooms } from "@gotalk/gotalk/rooms";
 * import { memoryBackPlanes } from "@gotalk/gotalk/rooms/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const [left, right] = memoryBackPlanes();
 * await using here = new Rooms({ backPlane: left });
 * await using there = new Rooms({ backPlane: right });
 *
 * const said = there.room("lobby").notifications("said");
 * await said.ready;
 * here.room("lobby").notify("said", "hello");
 * for await (const text of said) {
 *   assertEquals(text, "hello");
 *   break;
 * }
 * ```
 */
export function memoryBackPlanes(): [BackPlane, BackPlane];
/** Returns back-planes that are connected with each other. */
export function memoryBackPlanes(count: number): BackPlane[];
export function memoryBackPlanes(count = 2): BackPlane[] {
  const planes: MemoryBackPlane[] = [];
  for (let i = 0; i < count; i++) planes.push(new MemoryBackPlane(planes));
  return planes;
}

class MemoryBackPlane implements BackPlane {
  readonly #all: readonly MemoryBackPlane[];
  readonly #receivers = new Map<string, Set<Receive>>();
  #closed = false;

  constructor(all: readonly MemoryBackPlane[]) {
    this.#all = all;
  }

  publish(topic: string, message: Uint8Array): boolean {
    if (this.#closed) return false;
    queueMicrotask(() => {
      for (const plane of this.#all) {
        if (plane === this) continue;
        for (const receive of plane.#receivers.get(topic) ?? []) {
          receive(message);
        }
      }
    });
    return true;
  }

  subscribe(topic: string, receive: Receive): BackPlaneSubscription {
    const receivers = this.#receivers.get(topic) ?? new Set();
    this.#receivers.set(topic, receivers.add(receive));
    return {
      ready: Promise.resolve(),
      close: () => {
        receivers.delete(receive);
        if (receivers.size === 0) this.#receivers.delete(topic);
      },
    };
  }

  close(): Promise<void> {
    this.#closed = true;
    this.#receivers.clear();
    return Promise.resolve();
  }
}
