/**
 * The small peer of pages in other programs. Internal to the package.
 *
 * @module
 */

import { PageConnection } from "./_connection.ts";
import type { PageOptions } from "./options.ts";
import type { PagePeer } from "./page_peer.ts";

/** What the peer uses of a WebSocket; another connection can look like one. */
export interface PageSocket {
  readonly url: string;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
  binaryType: BinaryType;
  readonly readyState: 0 | 1 | 2 | 3;
  /** Number of bytes that were passed to `send` and have not left. */
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((message: { readonly data: ArrayBuffer }) => void) | null;
  onclose:
    | ((status: { readonly code: number; readonly reason: string }) => void)
    | null;
  send(bytes: Uint8Array): void;
  close(code: number, reason?: string): void;
}

/** Returns a peer over something that looks like a WebSocket. */
export function peerOver(socket: PageSocket, options: PageOptions): PagePeer {
  const connection = new PageConnection(
    socket as unknown as WebSocket,
    options,
  );
  return connection as unknown as PagePeer;
}
