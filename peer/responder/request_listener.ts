/**
 * The receiver of incoming requests and notifications.
 *
 * @module
 */

import type { Name } from "../../codec/mod.ts";
import type { MemoryLimit } from "../link/memory_account.ts";

/** What a handler failed with. */
export interface Failure {
  readonly error: unknown;
}

/** Receives incoming requests and notifications: the responder, or the login gate in front of it. */
export interface RequestListener {
  /** Receives a SingleRequest. */
  single(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** Receives a StreamRequest. */
  stream(id: number, operation: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** Receives a StreamRequestPart. */
  part(id: number, payload: Uint8Array<ArrayBuffer>): void;
  /** Receives a request whose payload exceeds the limit and is skipped. */
  oversizedRequest(id: number, operation: Name, isStream: boolean): void;
  /** Receives a part whose payload exceeds the limit and is skipped. */
  oversizedPart(id: number): void;
  /** A Notification of an extension has been dealt with. */
  extension(): void;
  /** Receives a Notification. */
  notification(name: Name, payload: Uint8Array<ArrayBuffer>): void;
  /** Receives a Notification whose payload exceeds the limit and is skipped. */
  oversizedNotification(): void;
  /** Whether the payload of a request or notification is parsed as JSON. */
  parses(kind: "SingleRequest" | "Notification", name: Name): boolean;
  /** Receives a SingleRequest whose JSON exceeds the limit and is skipped. */
  jsonOversizedRequest(id: number, operation: Name, size: number): void;
  /** Receives a Notification whose JSON exceeds the limit and is skipped. */
  jsonOversizedNotification(name: Name): void;
  /** Receives a request that is more than may be held now; its payload is skipped. */
  refusedRequest(
    id: number,
    operation: Name,
    isStream: boolean,
    limit: MemoryLimit,
  ): void;
  /** Receives a notification that is more than may be held now; its payload is skipped. */
  refusedNotification(): void;
}
