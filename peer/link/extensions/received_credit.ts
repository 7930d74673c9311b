/**
 * Credit for one direction of a stream, long or short.
 *
 * @module
 */

import { FIRST_CREDIT, type ReceiveWindow } from "./receive_window.ts";

/** Opens the window of a stream of which an amount of bytes has arrived, if it is to have one. */
export type OpenWindow = (received: number) => ReceiveWindow | undefined;

/** Counts what is received, and opens a window once that is much. */
export class ReceivedCredit {
  readonly #openWindow: OpenWindow | undefined;
  /** The memory of unread data beyond which the window opens although little has arrived. */
  readonly #muchUnread: number;
  /** Bytes received until the window opens. */
  #received = 0;
  #window: ReceiveWindow | undefined;

  /**
   * Begins to count. Without `openWindow`, nothing is granted. `muchUnread` is
   * the memory of unread data beyond which the sender has to know of its credit,
   * before reading pauses because of it.
   */
  constructor(openWindow: OpenWindow | undefined, muchUnread: number) {
    this.#openWindow = openWindow;
    this.#muchUnread = muchUnread;
  }

  /** What may be unread beyond the limit of a stream without a window, in bytes. */
  get allowance(): number {
    return this.#window?.allowance ?? 0;
  }

  /** Whether the sender has used up its credit. */
  get isUsedUp(): boolean {
    return this.#window?.isUsedUp === true;
  }

  /** A part has arrived, which may be dropped. `before` and `unread` are the memory of unread data before it and now. */
  arrived(bytes: number, before: number, unread: number): void {
    const window = this.#window;
    if (window !== undefined) return window.arrived(bytes, before, unread);
    this.#received += bytes;
    if (this.#received < FIRST_CREDIT && unread <= this.#muchUnread) return;
    this.#window = this.#openWindow?.(this.#received);
    this.#window?.unreadChanged(unread);
  }

  /** The memory of unread data has become less. */
  unreadChanged(unread: number): void {
    this.#window?.unreadChanged(unread);
  }

  /** Lets the sender send the rest, which nobody wants: it waits for credit otherwise, and keeps its place. */
  abandon(): void {
    this.#window?.grantAll();
  }

  /** Grants nothing more. */
  close(): void {
    this.#window?.close();
  }
}
