/**
 * What an attack is.
 *
 * @module
 */

/** The kinds of server that can be attacked. */
export const TARGETS = ["tcp", "tls", "unix", "websocket", "upgrade"] as const;

/** A kind of server: how it accepts connections. */
export type Target = typeof TARGETS[number];

/** How much the memory of a server may grow although that misses the goal, and why. */
export interface MemoryException {
  /** The maximum growth, in bytes. */
  readonly most: number;
  readonly why: string;
}

/** What the bytes of an attack are. */
export const LAYERS = ["messages", "frames", "bytes"] as const;

/** What one hostile client does; it connects again whenever it is disconnected. */
export interface Attack {
  /** A short name, unique per target. */
  readonly name: string;
  /** What it does, in the third person. */
  readonly does: string;
  /** The servers that it applies to. */
  readonly on: readonly Target[];
  /**
   * What the bytes are: Gotalk messages (in WebSocket messages where the target
   * is a WebSocket), WebSocket frames after a handshake, or all bytes of the
   * connection.
   */
  readonly layer: typeof LAYERS[number];
  /** What to send first; every character is a byte. */
  readonly first?: string;
  /** What to send after that, repeatedly. */
  readonly then?: string;
  /** The pause between repetitions, in milliseconds; none by default. */
  readonly pause?: number;
  /** Whether the client reads; `false` by default. */
  readonly reads?: boolean;
  /** Where memory may grow by more than the goal allows, and why. */
  readonly exceptions?: Partial<Record<Target, MemoryException>>;
  /** Whether the well-behaved client connects anew for each call; `false` by default. */
  readonly reconnects?: boolean;
  /** How the client ends the connection after `first`, to connect again at once. */
  readonly leaves?: "end" | "half-close" | "reset";
}

/** Sets of servers, by what they have in common. */
export const SERVERS = {
  all: TARGETS,
  /** Streams of bytes. */
  streams: ["tcp", "tls", "unix"],
  /** WebSockets. */
  sockets: ["websocket", "upgrade"],
  /** Without TLS or files. */
  plain: ["tcp", "websocket", "upgrade"],
  /** Those that this package accepts connections for. */
  accepted: ["tcp", "tls", "unix", "websocket"],
} as const satisfies Record<string, readonly Target[]>;

/** Whether a target speaks WebSocket. */
export function isWebSocket(target: Target): boolean {
  return !(SERVERS.streams as readonly Target[]).includes(target);
}

/** Repeats a text up to the volume of one write of a flood. */
export function flood(text: string): string {
  return text.repeat(Math.max(1, Math.floor(FLOOD / text.length)));
}

/** The volume of one write of a flood, in bytes. */
export const FLOOD: number = 64 * 1024;
