/**
 * One direction of a TCP connection, put together from its segments.
 *
 * @module
 */

/** What comes out of a stream: bytes in order, or the number of lost ones. */
export type StreamPiece =
  | { readonly bytes: Uint8Array }
  | { readonly lost: number };

/** Bytes that came too early. */
interface Early {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

/** The most bytes that wait for missing ones, which then count as lost. */
const MAX_EARLY_BYTES = 16 * 1024 * 1024;

/** How many segments of a connection may be captured too late. */
const MAX_LATE_SEGMENTS = 32;

/** Puts segments in order, once each. Numbers of bytes wrap at 2^32. */
export class TcpStream {
  /** The number of the next byte; `undefined` before the first segment. */
  #next: number | undefined;
  /** In the order of their numbers. */
  #early: Early[] = [];
  #earlyBytes = 0;
  #end: number | undefined;
  /** Up to where the receiver has them all. */
  #acknowledged: number | undefined;
  /** How many segments have passed since the receiver had what is missing. */
  #sinceAcknowledged = 0;

  /** Sets the number of the first byte. */
  start(sequence: number): void {
    this.#next = sequence;
  }

  /** Whether any segment was seen. */
  get hasStarted(): boolean {
    return this.#next !== undefined;
  }

  /** Whether all up to the end was seen. */
  get hasEnded(): boolean {
    return this.#end !== undefined && this.#next === this.#end;
  }

  /** Notes the end, which is behind a byte number. */
  end(sequence: number): void {
    this.#end ??= sequence;
  }

  /** Notes what the receiver has. */
  acknowledge(sequence: number): void {
    if (
      this.#acknowledged === undefined ||
      distance(this.#acknowledged, sequence) > 0
    ) {
      this.#acknowledged = sequence;
    }
  }

  /** Takes the bytes of a segment, and yields what is in order now. */
  *push(sequence: number, bytes: Uint8Array): Generator<StreamPiece> {
    if (bytes.length === 0) return;
    this.#next ??= sequence;
    if (distance(this.#next, sequence) > 0) {
      this.#keep({ sequence, bytes });
      if (this.#earlyBytes > MAX_EARLY_BYTES) yield* this.#skipMissing();
      return;
    }
    yield* this.#take({ sequence, bytes });
    yield* this.#takeEarly();
  }

  /** Counts a segment of the connection; yields what follows bytes that the capture has missed. */
  *tick(): Generator<StreamPiece> {
    const first = this.#early[0];
    const isMissed = first !== undefined && this.#acknowledged !== undefined &&
      distance(first.sequence, this.#acknowledged) >= 0;
    if (!isMissed) this.#sinceAcknowledged = 0;
    else if (++this.#sinceAcknowledged > MAX_LATE_SEGMENTS) {
      this.#sinceAcknowledged = 0;
      yield* this.#skipMissing();
    }
  }

  /** Yields what has come, at the end of the connection or the capture. */
  *flush(): Generator<StreamPiece> {
    while (this.#early.length > 0) yield* this.#skipMissing();
    if (this.#next === undefined) return;
    // Behind the last byte that was seen, there were others.
    const end = this.#end ?? this.#acknowledged;
    const lost = end === undefined ? 0 : distance(this.#next, end);
    if (lost > (this.#end === undefined ? 1 : 0)) yield { lost };
  }

  *#skipMissing(): Generator<StreamPiece> {
    const { sequence } = this.#early[0]!;
    yield { lost: distance(this.#next!, sequence) };
    this.#next = sequence;
    yield* this.#takeEarly();
  }

  *#takeEarly(): Generator<StreamPiece> {
    for (;;) {
      const first = this.#early[0];
      if (first === undefined || distance(this.#next!, first.sequence) > 0) {
        return;
      }
      this.#early.shift();
      this.#earlyBytes -= first.bytes.length;
      yield* this.#take(first);
    }
  }

  /** Yields the bytes that were not seen before. */
  *#take({ sequence, bytes }: Early): Generator<StreamPiece> {
    const fresh = bytes.subarray(distance(sequence, this.#next!));
    if (fresh.length === 0) return;
    this.#next = (this.#next! + fresh.length) >>> 0;
    yield { bytes: fresh };
  }

  #keep(early: Early): void {
    let at = this.#early.length;
    while (
      at > 0 && distance(early.sequence, this.#early[at - 1]!.sequence) > 0
    ) at--;
    // Of two that begin at the same byte, the longer one is kept.
    const same = this.#early[at - 1];
    if (same?.sequence === early.sequence) {
      if (same.bytes.length >= early.bytes.length) return;
      this.#earlyBytes -= same.bytes.length;
      this.#early.splice(--at, 1);
    }
    this.#early.splice(at, 0, early);
    this.#earlyBytes += early.bytes.length;
  }
}

/** How far one byte number is behind another; negative if it is in front. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}
