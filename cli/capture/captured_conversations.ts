/**
 * The Gotalk conversations in a capture of packets: pcap or pcapng.
 *
 * @module
 */

import type { ByteReader } from "./byte_reader.ts";
import { CapturedConversation } from "./_captured_conversation.ts";
import type { CapturedEvent } from "./captured_event.ts";
import { ipPacket, isLinkType } from "./_link_layer.ts";
import type { Packet } from "./_packet.ts";
import { isPcap, pcapPackets } from "./_pcap.ts";
import { isPcapng, pcapngPackets } from "./_pcapng.ts";
import { tcpSegment } from "./_tcp_segment.ts";
import {
  type TcpConnection,
  TcpConnections,
  type TcpEvent,
} from "./_tcp_connections.ts";

/** What a capture holds besides messages. */
export interface CaptureSummary {
  /** The number of packets. */
  readonly packets: number;
  /** The number of connections with Gotalk. */
  readonly conversations: number;
  /** The number of connections over TLS. */
  readonly tls: number;
  /** The number of connections that carry something else. */
  readonly others: number;
  /** The number of packets that are fragments of larger ones. */
  readonly fragments: number;
  /** Link types that are not read. */
  readonly linkTypes: ReadonlySet<number>;
}

/** Whether a file that begins with these four bytes is a capture. */
export function isCapture(start: Uint8Array): boolean {
  return isPcap(start) || isPcapng(start);
}

/** Options of {@linkcode CapturedConversations}. */
export interface CaptureOptions {
  /** Only connections with this port at one end, whatever they carry. */
  readonly port?: number | undefined;
}

/** Reads the conversations of a capture. */
export class CapturedConversations {
  readonly #reader: ByteReader;
  readonly #port: number | undefined;
  readonly #connections: TcpConnections;
  readonly #conversations = new Map<TcpConnection, CapturedConversation>();
  #packets = 0;
  #numbers = 0;
  #tls = 0;
  #others = 0;
  #fragments = 0;
  readonly #linkTypes = new Set<number>();

  /** Creates a reader of a file that {@linkcode isCapture}. */
  constructor(reader: ByteReader, { port }: CaptureOptions = {}) {
    this.#reader = reader;
    this.#port = port;
    this.#connections = new TcpConnections(port);
  }

  /** What was read so far. */
  get summary(): CaptureSummary {
    return {
      packets: this.#packets,
      conversations: this.#numbers,
      tls: this.#tls,
      others: this.#others,
      fragments: this.#fragments,
      linkTypes: this.#linkTypes,
    };
  }

  /**
   * Yields what happens, in the order of the capture.
   *
   * @throws {CaptureError} If the file is broken or cut, after all that comes
   * before.
   */
  async *events(): AsyncGenerator<CapturedEvent, void, undefined> {
    const start = await this.#reader.peek(4);
    const packets = isPcap(start)
      ? pcapPackets(this.#reader)
      : pcapngPackets(this.#reader);
    let failure: unknown;
    let time = 0;
    try {
      for await (const packet of packets) {
        this.#packets++;
        ({ time } = packet);
        yield* this.#push(packet);
      }
    } catch (error) {
      failure = error;
    }
    for (const event of this.#connections.end()) {
      yield* this.#eventsOf(event, time);
    }
    if (failure !== undefined) throw failure;
  }

  *#push({ time, linkType, bytes }: Packet): Generator<CapturedEvent> {
    if (!isLinkType(linkType)) {
      this.#linkTypes.add(linkType);
      return;
    }
    const packet = ipPacket(linkType, bytes);
    const segment = packet && tcpSegment(packet);
    if (segment === undefined) return;
    if (segment === "fragment") {
      this.#fragments++;
      return;
    }
    if (
      this.#port !== undefined && segment.from.port !== this.#port &&
      segment.to.port !== this.#port
    ) return;
    for (const event of this.#connections.push(segment, time)) {
      yield* this.#eventsOf(event, time);
    }
  }

  *#eventsOf(event: TcpEvent, time: number): Generator<CapturedEvent> {
    const { connection } = event;
    let conversation = this.#conversations.get(connection);
    if (conversation === undefined) {
      conversation = new CapturedConversation(connection, {
        isNamed: this.#port !== undefined,
        nextNumber: () => ++this.#numbers,
      });
      this.#conversations.set(connection, conversation);
    }
    yield* conversation.push(event, time);
    if (event.type !== "closed") return;
    this.#conversations.delete(connection);
    if (conversation.carrier === "tls") this.#tls++;
    if (conversation.carrier === "other") this.#others++;
  }
}
