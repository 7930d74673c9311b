/**
 * What is in a capture, as lines.
 *
 * @module
 */

import type { ByteReader } from "../capture/byte_reader.ts";
import {
  CapturedConversations,
  type CaptureOptions,
  type CaptureSummary,
} from "../capture/captured_conversations.ts";
import type { CapturedEvent } from "../capture/captured_event.ts";
import { escapeText } from "../../quoting/quote.ts";
import type { Terminal } from "../terminal.ts";
import {
  colored,
  jsonLine,
  type LineOptions,
  rounded,
  wordsLine,
} from "./_message_lines.ts";

/**
 * Prints what is in a capture.
 *
 * @throws {CaptureError} If it is broken or cut.
 * @throws {Error} If it has no conversation, or a malformed one, or misses a part
 * of one.
 */
export async function printCapture(
  reader: ByteReader,
  options: CaptureOptions & LineOptions,
  terminal: Terminal,
): Promise<void> {
  const capture = new CapturedConversations(reader, options);
  const faults: string[] = [];
  for await (const event of capture.events()) {
    terminal.signal.throwIfAborted();
    if ("remark" in event && event.isFault && faults.push("") === 1) {
      faults[0] = `connection ${event.connection}: ${event.remark}`;
    }
    terminal.out(`${lineOf(event, options)}\n`);
  }
  const { summary } = capture;
  if (summary.conversations === 0) throw new Error(nothingIn(summary));
  const rest = restOf(summary);
  if (rest.length > 0) terminal.note(`not shown: ${rest.join("; ")}`);
  if (faults.length === 0) return;
  const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : "";
  throw new Error(`the capture has faults: ${faults[0]}${more}`);
}

function lineOf(event: CapturedEvent, options: LineOptions): string {
  const { connection, time, by } = event;
  if (options.isJson) {
    return "message" in event
      ? jsonLine({ ...event, direction: by })
      : JSON.stringify({
        connection,
        time: rounded(time),
        direction: by,
        remark: event.remark,
      });
  }
  const words = "message" in event
    ? wordsLine({ ...event, direction: by }, { ...options, hasColors: false })
    : `${by} ${escapeText(event.remark)}`;
  if (connection === 0) return words;
  const line = `${connection} ${time.toFixed(1).padStart(9)} ms ${words}`;
  return options.hasColors ? colored(line, by) : line;
}

function nothingIn({ packets, ...summary }: CaptureSummary): string {
  const rest = restOf(summary);
  const found = [`${packets} packets`, ...rest].join("; ");
  return `there is no Gotalk in the capture: it has ${found}`;
}

function restOf(
  { tls, others, fragments, linkTypes }: Omit<CaptureSummary, "packets">,
): string[] {
  return [
    ...tls > 0 ? [`${connections(tls)} over TLS, which cannot be read`] : [],
    ...others > 0
      ? [`${connections(others)} with something else, see --port`]
      : [],
    ...fragments > 0 ? [`${fragments} fragments of packets`] : [],
    ...Array.from(linkTypes, (type) => `packets of link type ${type}`),
  ];
}

function connections(count: number): string {
  return `${count} ${count === 1 ? "connection" : "connections"}`;
}
