/**
 * One connection of a capture.
 *
 * @module
 */

import { concat } from "@std/bytes";
import { type Carrier, carrierOf } from "./_carrier.ts";
import type { CapturedEvent, Direction } from "./captured_event.ts";
import { DirectionReader } from "./_direction_reader.ts";
import { count, type ReadPiece } from "./_message_reader.ts";
import type { TcpConnection, TcpEvent } from "./_tcp_connections.ts";

/** The most bytes that are kept while it is not known what a connection carries. */
const MAX_UNKNOWN_BYTES = 256 * 1024;

interface ConversationOptions {
  /** Whether the user says that it carries Gotalk. */
  readonly isNamed: boolean;
  /** Returns the number of the next connection with Gotalk. */
  readonly nextNumber: () => number;
}

/** Finds out what a connection carries, and reads it. */
export class CapturedConversation {
  readonly #connection: TcpConnection;
  readonly #options: ConversationOptions;
  #number = 0;
  #carrier: Carrier | undefined;
  #readers: Readonly<Record<Direction, DirectionReader>> | undefined;
  /** What came before the carrier was known. */
  #waiting: { readonly event: TcpEvent; readonly time: number }[] = [];
  readonly #first: Record<Direction, Uint8Array> = {
    ">": new Uint8Array(0),
    "<": new Uint8Array(0),
  };

  /** Creates the reader of a connection. */
  constructor(connection: TcpConnection, options: ConversationOptions) {
    this.#connection = connection;
    this.#options = options;
  }

  /** What the connection carries; `undefined` as long as it is not known. */
  get carrier(): Carrier["kind"] | undefined {
    return this.#carrier?.kind;
  }

  /** Takes what happens on the connection, and yields what that means. */
  *push(event: TcpEvent, time: number): Generator<CapturedEvent> {
    if (this.#carrier !== undefined) return yield* this.#read(event, time);
    this.#waiting.push({ event, time });
    this.#carrier = this.#find(event);
    if (this.#carrier === undefined) return;
    yield* this.#begin(this.#carrier, time);
    for (const each of this.#waiting) yield* this.#read(each.event, each.time);
    this.#waiting = [];
  }

  #find(event: TcpEvent): Carrier | undefined {
    const { isNamed } = this.#options;
    const { hasStart } = this.#connection;
    const bytes = this.#first;
    const size = bytes[">"].length + bytes["<"].length;
    if (event.type === "bytes") {
      bytes[event.by] = concat([bytes[event.by], event.bytes]);
      const carrier = carrierOf({
        bytes,
        hasStart,
        isNamed,
        segment: event.bytes,
      });
      return carrier ??
        (size > MAX_UNKNOWN_BYTES ? { kind: "other" } : undefined);
    }
    if (size === 0) return undefined;
    if (event.type === "lost" && !isNamed) return { kind: "other" };
    if (event.type !== "closed") return undefined;
    return { kind: isNamed && hasStart ? "bytes" : "other" };
  }

  *#begin(carrier: Carrier, time: number): Generator<CapturedEvent> {
    const { initiator, acceptor, hasStart, time: began } = this.#connection;
    if (carrier.kind === "other") return;
    if (carrier.kind !== "tls") this.#number = this.#options.nextNumber();
    const ends = `connection from ${initiator} to ${acceptor}`;
    const isRead = carrier.kind === "bytes" || carrier.kind === "websocket";
    yield this.#remark(
      "#",
      isRead ? began : time,
      `${ends}${wordsOf(carrier)}`,
    );
    if (!isRead) return;
    if (!hasStart) {
      yield this.#remark("#", began, "its start is missing in the capture");
    }
    const isWebSocket = carrier.kind === "websocket";
    const hasHandshake = isWebSocket && carrier.path !== undefined;
    const reader = () =>
      new DirectionReader({ isWebSocket, hasHandshake, hasStart });
    this.#readers = { ">": reader(), "<": reader() };
  }

  *#read(event: TcpEvent, time: number): Generator<CapturedEvent> {
    const readers = this.#readers;
    if (readers === undefined) return;
    switch (event.type) {
      case "bytes":
        return yield* this.#show(
          event.by,
          time,
          readers[event.by].push(event.bytes),
        );
      case "lost": {
        const { by, lost } = event;
        const text = `lost: the capture misses ${count(lost)}`;
        yield this.#remark(by, time, text, true);
        const other = readers[by === ">" ? "<" : ">"].messages.version;
        return readers[by].resume(other);
      }
      case "end":
        return yield* this.#show(event.by, time, readers[event.by].end(true));
      case "reset":
        yield this.#remark(event.by, time, "reset");
        return;
      case "closed":
        yield* this.#show(">", time, readers[">"].end(false));
        yield* this.#show("<", time, readers["<"].end(false));
        return;
      default:
        event satisfies never;
    }
  }

  *#show(
    by: Direction,
    time: number,
    pieces: Iterable<ReadPiece>,
  ): Generator<CapturedEvent> {
    for (const piece of pieces) {
      if ("remark" in piece) {
        yield this.#remark(by, time, piece.remark, piece.isFault);
      } else {
        const at = time - this.#connection.time;
        yield { connection: this.#number, time: at, by, ...piece };
      }
    }
  }

  #remark(
    by: Direction | "#",
    time: number,
    remark: string,
    isFault = false,
  ): CapturedEvent {
    const at = time - this.#connection.time;
    return { connection: this.#number, time: at, by, remark, isFault };
  }
}

function wordsOf(carrier: Carrier): string {
  switch (carrier.kind) {
    case "bytes":
    case "other":
      return "";
    case "websocket":
      return `, WebSocket${
        carrier.path === undefined ? "" : ` ${carrier.path}`
      }`;
    case "refused":
      return `, WebSocket ${carrier.path}, was refused: ${carrier.answer}`;
    case "tls":
      return " is TLS, which cannot be read";
  }
}
