/**
 * The TCP connections of a capture.
 *
 * @module
 */

import type { Direction } from "./captured_event.ts";
import { type StreamPiece, TcpStream } from "./_tcp_stream.ts";
import { type Endpoint, endpointText, type Segment } from "./_tcp_segment.ts";

/** What happens on a connection. */
export type TcpEvent =
  & { readonly connection: TcpConnection }
  & (
    | {
      readonly type: "bytes";
      readonly by: Direction;
      readonly bytes: Uint8Array;
    }
    | { readonly type: "lost"; readonly by: Direction; readonly lost: number }
    | { readonly type: "end"; readonly by: Direction }
    | { readonly type: "reset"; readonly by: Direction }
    | { readonly type: "closed" }
  );

/** A connection. */
export class TcpConnection {
  /** The peer that connected, as far as the capture shows it. */
  readonly initiator: string;
  readonly acceptor: string;
  /** The ports of both. */
  readonly ports: readonly [initiator: number, acceptor: number];
  /** When its first packet was captured, in milliseconds since 1970. */
  readonly time: number;
  /** Whether the capture has its first packets. */
  readonly hasStart: boolean;
  readonly streams: Readonly<Record<Direction, TcpStream>> = {
    ">": new TcpStream(),
    "<": new TcpStream(),
  };
  /** The number of the first byte of the initiator, if the capture has it. */
  readonly firstByte: number | undefined;
  readonly #initiatorKey: string;
  /** The directions that are complete. */
  readonly ended: Set<Direction> = new Set();

  /** Creates the connection of its first captured segment. */
  constructor(
    initiator: Endpoint,
    acceptor: Endpoint,
    first: Segment,
    time: number,
  ) {
    this.time = time;
    this.initiator = endpointText(initiator);
    this.#initiatorKey = keyOf(initiator);
    this.acceptor = endpointText(acceptor);
    this.ports = [initiator.port, acceptor.port];
    this.hasStart = first.isSyn;
    if (!first.isSyn) return;
    // An answer to the first segment acknowledges it.
    this.firstByte = first.acknowledged ?? (first.sequence + 1) >>> 0;
    this.streams[">"].start(this.firstByte);
  }

  /** Returns the direction of what an endpoint sends. */
  by(from: string): Direction {
    return from === this.#initiatorKey ? ">" : "<";
  }
}

/** Finds the connection of each segment, and puts the segments in order. */
export class TcpConnections {
  readonly #open = new Map<string, TcpConnection>();
  readonly #acceptorPort: number | undefined;

  /**
   * Creates an empty table.
   *
   * @param acceptorPort The port of servers, which tells who connected where a
   * capture does not show it.
   */
  constructor(acceptorPort?: number) {
    this.#acceptorPort = acceptorPort;
  }

  /** Takes a segment captured at a time, and yields what it brings. */
  *push(segment: Segment, time: number): Generator<TcpEvent> {
    const from = keyOf(segment.from), to = keyOf(segment.to);
    const key = from < to ? `${from} ${to}` : `${to} ${from}`;
    let connection = this.#open.get(key);
    if (connection !== undefined && isAnother(segment, connection)) {
      yield* this.#close(key, connection);
      connection = undefined;
    }
    if (connection === undefined) {
      // The last segments of a connection bring nothing.
      if (!segment.isSyn && segment.payload.length === 0) return;
      connection = this.#openBy(segment, time);
      this.#open.set(key, connection);
    }
    yield* take(connection, connection.by(from), segment);
    if (segment.isReset || connection.ended.size === 2) {
      yield* this.#close(key, connection);
    }
  }

  /** Yields what is left at the end of the capture. */
  *end(): Generator<TcpEvent> {
    for (const [key, connection] of this.#open) {
      yield* this.#close(key, connection);
    }
  }

  *#close(key: string, connection: TcpConnection): Generator<TcpEvent> {
    this.#open.delete(key);
    for (const by of [">", "<"] as const) {
      yield* events(connection, by, connection.streams[by].flush());
      yield* ends(connection, by);
    }
    yield { type: "closed", connection };
  }

  #openBy(segment: Segment, time: number): TcpConnection {
    const { from, to, isSyn, acknowledged } = segment;
    const isFromAcceptor = isSyn
      ? acknowledged !== undefined
      : this.#acceptorPort === undefined || from.port === to.port
      ? from.port < to.port
      : from.port === this.#acceptorPort;
    return isFromAcceptor
      ? new TcpConnection(to, from, segment, time)
      : new TcpConnection(from, to, segment, time);
  }
}

/** Whether a segment opens another connection between the same ports. */
function isAnother(
  { isSyn, acknowledged, sequence }: Segment,
  { firstByte }: TcpConnection,
): boolean {
  return isSyn && acknowledged === undefined &&
    firstByte !== ((sequence + 1) >>> 0);
}

function* take(
  connection: TcpConnection,
  by: Direction,
  { sequence, acknowledged, isSyn, isFin, isReset, payload }: Segment,
): Generator<TcpEvent> {
  const stream = connection.streams[by];
  const other: Direction = by === ">" ? "<" : ">";
  if (isReset) {
    yield { type: "reset", connection, by };
    return;
  }
  const first = isSyn ? (sequence + 1) >>> 0 : sequence;
  if (isSyn && !stream.hasStarted) stream.start(first);
  if (acknowledged !== undefined) {
    const answers = connection.streams[other];
    // The first acknowledgement of the initiator, if the answer was not seen.
    if (connection.hasStart && !answers.hasStarted) answers.start(acknowledged);
    answers.acknowledge(acknowledged);
  }
  if (isFin) stream.end((first + payload.length) >>> 0);
  yield* events(connection, by, stream.push(first, payload));
  yield* events(connection, ">", connection.streams[">"].tick());
  yield* events(connection, "<", connection.streams["<"].tick());
  yield* ends(connection, by);
}

/** Yields that a direction has ended, once. */
function* ends(connection: TcpConnection, by: Direction): Generator<TcpEvent> {
  if (!connection.streams[by].hasEnded || connection.ended.has(by)) return;
  connection.ended.add(by);
  yield { type: "end", connection, by };
}

function* events(
  connection: TcpConnection,
  by: Direction,
  pieces: Iterable<StreamPiece>,
): Generator<TcpEvent> {
  for (const piece of pieces) {
    yield "lost" in piece
      ? { type: "lost", connection, by, lost: piece.lost }
      : { type: "bytes", connection, by, bytes: piece.bytes };
  }
}

function keyOf({ address, port }: Endpoint): string {
  return `${address.join(".")}:${port}`;
}
