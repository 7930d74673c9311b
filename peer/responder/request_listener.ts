/**
 * Who hears what the other side asks and tells: the handlers, or what stands before them.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";

/** Hears the requests and notifications of the other side. */
export interface Asked {
  /** A SingleRequest came. */
  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** A StreamRequest came. */
  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** A StreamRequestPart came. */
  part(id: number, payload: Uint8Array<ArrayBuffer>): void;
  /** A request came whose payload is too large to take. */
  tooLarge(id: number, operation: Name, isStream: boolean): void;
  /** A part came whose payload is too large to take. */
  partTooLarge(id: number): void;
  /** A Notification came. */
  notification(name: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** A Notification came whose payload is too large to take. */
  notificationTooLarge(): void;
}
