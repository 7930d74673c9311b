/**
 * Judges an encoder and a decoder by a codec case.
 *
 * @module
 */

import {
  joinBytes,
  sameBytes,
  showBytes,
  sizeOf,
  toBytes,
} from "../cases/bytes.ts";
import type { CaseError, CodecCase } from "../cases/case.ts";
import { cut } from "../cases/chunks.ts";
import {
  type DecodeRun,
  type EncodeRun,
  messageEnds,
} from "../cases/expand.ts";
import {
  difference,
  showMessage,
  toRawMessage,
} from "../cases/show_message.ts";
import {
  AdapterError,
  type Commands,
  type Description,
  type Implementation,
  type RawMessage,
  SkippedError,
} from "../implementation.ts";
import type { TraceEntry, Verdict } from "./report.ts";

/** The judgement of one run, without regard to lists of known failures. */
export interface Judgement {
  readonly verdict: Exclude<Verdict, "known" | "flaky">;
  /** The reason, on one line. */
  readonly reason?: string;
  /** What would have passed, one alternative in each entry. */
  readonly expected?: readonly string[];
  /** What happened. */
  readonly trace: readonly TraceEntry[];
}

type Decoded = Commands["decode"]["answer"];

/** What a decoder must deliver. */
interface Wanted {
  readonly wire: Uint8Array<ArrayBuffer>;
  readonly messages: readonly RawMessage[];
  /** For each message, the offset after its last byte. */
  readonly ends: readonly number[];
  readonly error: CaseError | undefined;
  readonly end: boolean;
}

/**
 * Runs a codec case against an implementation, and judges the answer.
 *
 * @throws {AdapterError} If the implementation has exited.
 */
export async function judgeCodec(
  run: DecodeRun | EncodeRun,
  implementation: Implementation,
  description: Description,
): Promise<Judgement> {
  const missing = whyCodecCannotApply(run, description);
  if (missing !== undefined) {
    return { verdict: "not-applicable", reason: missing, trace: [] };
  }
  const trace = new Trace();
  try {
    const judgement = run.kind === "encode"
      ? await judgeEncoding(run, implementation, trace)
      : await judgeDecoding(run, implementation, trace);
    return { ...judgement, trace: trace.entries };
  } catch (error) {
    if (error instanceof SkippedError) {
      const { message, issue } = error;
      const reason = issue === undefined ? message : `${message} (${issue})`;
      return { verdict: "skipped", reason, trace: trace.entries };
    }
    if (error instanceof AdapterError && !error.fatal) {
      trace.add("#", error.message);
      return {
        verdict: "errored",
        reason: error.message,
        trace: trace.entries,
      };
    }
    throw error;
  }
}

/** Returns what a case needs and the implementation lacks, `undefined` if there is nothing. */
export function whyCodecCannotApply(
  run: DecodeRun | EncodeRun,
  { features, versions, limits }: Description,
): string | undefined {
  const { version = "01", messages, error } = run.case;
  if (!features.includes("codec")) return "it does not have the feature codec";
  if (!versions.includes(version)) {
    return `it does not speak version ${version}`;
  }
  if (run.kind === "encode" && error !== undefined) return undefined;
  const payload = Math.max(
    0,
    ...messages.map(({ payload = "" }) => sizeOf(payload)),
  );
  if (payload > limits.payload) {
    return `it does not support payloads of ${payload} bytes`;
  }
}

async function judgeEncoding(
  { case: { wire, messages, version, error } }: EncodeRun,
  implementation: Implementation,
  trace: Trace,
): Promise<Omit<Judgement, "trace">> {
  const wanted = toBytes(wire ?? "");
  const expected = [
    error === undefined
      ? `the bytes ${showBytes(wanted)}`
      : `a refusal (${error.reason})`,
  ];
  const wrong = (reason: string): Omit<Judgement, "trace"> => ({
    verdict: "fail",
    reason,
    expected,
  });
  let at = 0;
  // Without a message, the version is encoded.
  for (const message of messages.length > 0 ? messages : [undefined]) {
    const raw = message === undefined ? undefined : toRawMessage(message);
    trace.add(
      ">",
      `encode ${raw === undefined ? "version" : showMessage(raw)}`,
    );
    const answer = await implementation.ask("encode", {
      ...version === undefined ? {} : { version },
      ...raw === undefined ? {} : { message: raw },
    });
    if ("refused" in answer) {
      trace.add("<", `refused: ${answer.refused.reason}`);
      return error === undefined
        ? wrong(`refused to write it: ${answer.refused.reason}`)
        : { verdict: "pass" };
    }
    trace.add("<", showBytes(answer.bytes));
    const end = at + answer.bytes.length;
    if (
      error !== undefined || !sameBytes(answer.bytes, wanted.subarray(at, end))
    ) {
      return wrong(`wrote ${showBytes(answer.bytes)}`);
    }
    at = end;
  }
  return at === wanted.length
    ? { verdict: "pass" }
    : wrong(`wrote ${at} bytes, wanted ${wanted.length}`);
}

async function judgeDecoding(
  run: DecodeRun,
  implementation: Implementation,
  trace: Trace,
): Promise<Omit<Judgement, "trace">> {
  const { version, handshake, limits } = run.case;
  const wanted = run.next === undefined
    ? wantedOf(run.case)
    : glued(wantedOf(run.case), wantedOf(run.next));
  const chunks = cut(wanted.wire, run.chunk);
  const shown = chunks.slice(0, 12).map((chunk) => showBytes(chunk, 48));
  trace.add(
    ">",
    `decode ${shown.join(" | ")}${
      chunks.length > shown.length ? ` | … (${chunks.length} chunks)` : ""
    }${wanted.end ? " and the end" : ""}`,
  );
  const answer = await implementation.ask("decode", {
    chunks,
    ...version === undefined ? {} : { version },
    ...handshake ? { handshake } : {},
    ...wanted.end ? { end: true } : {},
    ...limits === undefined ? {} : { limits },
  });
  for (const { chunk, message } of answer.messages) {
    trace.add("<", `at chunk ${chunk}: ${showMessage(message)}`);
  }
  if (answer.refused !== undefined) {
    const { chunk, reason, code } = answer.refused;
    const coded = code === undefined ? "" : `, code ${code}`;
    trace.add("<", `at chunk ${chunk}: refused: ${reason}${coded}`);
  }
  const found = compare(wanted, chunks, answer);
  return found.verdict === "pass"
    ? found
    : { ...found, expected: [described(wanted, chunks)] };
}

/** Compares what was decoded with what is wanted; the first difference decides. */
function compare(
  { messages, ends, error, end }: Wanted,
  chunks: readonly Uint8Array[],
  answer: Decoded,
): Omit<Judgement, "trace"> {
  for (const [at, { chunk, message }] of answer.messages.entries()) {
    const wanted = messages[at];
    if (wanted === undefined) {
      return fail(
        `message ${at + 1} is ${showMessage(message)}, wanted none`,
      );
    }
    const field = difference(wanted, message);
    if (field !== undefined) {
      return fail(
        `message ${at + 1} is ${showMessage(message)}, wanted another ${field}`,
      );
    }
    const complete = chunkOf(chunks, ends[at]!);
    if (chunk !== complete) {
      return fail(
        `message ${
          at + 1
        } was delivered at chunk ${chunk}, wanted ${complete}, which has its last byte`,
      );
    }
  }
  const { refused } = answer;
  if (refused !== undefined && error === undefined) {
    return fail(`refused: ${refused.reason}`);
  }
  if (answer.messages.length < messages.length) {
    return fail(
      `delivered ${answer.messages.length} messages, wanted ${messages.length}`,
    );
  }
  if (error === undefined) return { verdict: "pass" };
  if (refused === undefined) return fail("did not refuse the bytes");
  const { code } = refused;
  if (code !== undefined && error.code !== undefined && code !== error.code) {
    return fail(`refused with code ${code}, wanted ${error.code}`);
  }
  if (error.at === undefined) return { verdict: "pass" };
  const shows = chunkOf(chunks, error.at + 1);
  if (refused.chunk < shows && !(end && error.reason === "truncated")) {
    return fail(
      `refused at chunk ${refused.chunk}, before chunk ${shows}, which has the wrong byte`,
    );
  }
  if (refused.chunk > shows && shows < chunks.length - 1) {
    return {
      verdict: "weak",
      reason:
        `refused at chunk ${refused.chunk}, later than ${shows}, which has the wrong byte`,
    };
  }
  return { verdict: "pass" };
}

function fail(reason: string): Omit<Judgement, "trace"> {
  return { verdict: "fail", reason };
}

/** Returns the index of the chunk that completes `size` bytes; the last one if none does. */
function chunkOf(chunks: readonly Uint8Array[], size: number): number {
  let sum = 0;
  for (const [index, { length }] of chunks.entries()) {
    sum += length;
    if (sum >= size) return index;
  }
  return Math.max(0, chunks.length - 1);
}

const prepared = new WeakMap<CodecCase, Wanted>();

function wantedOf(each: CodecCase): Wanted {
  let wanted = prepared.get(each);
  if (wanted === undefined) {
    wanted = {
      wire: toBytes(each.wire ?? ""),
      messages: each.messages.map(toRawMessage),
      ends: messageEnds(each),
      error: each.error,
      end: each.end ?? false,
    };
    prepared.set(each, wanted);
  }
  return wanted;
}

/** Returns what the bytes of two cases mean together. */
function glued(one: Wanted, next: Wanted): Wanted {
  const offset = one.wire.length;
  const { error } = next;
  return {
    wire: joinBytes([one.wire, next.wire]),
    messages: [...one.messages, ...next.messages],
    ends: [...one.ends, ...next.ends.map((end) => end + offset)],
    error: error?.at === undefined
      ? error
      : { ...error, at: error.at + offset },
    end: next.end,
  };
}

function described(
  { messages, ends, error }: Wanted,
  chunks: readonly Uint8Array[],
): string {
  const parts = messages.map((message, at) =>
    `at chunk ${chunkOf(chunks, ends[at]!)} ${showMessage(message)}`
  );
  if (error !== undefined) {
    const { reason, code, at } = error;
    parts.push(
      (at === undefined ? "" : `at chunk ${chunkOf(chunks, at + 1)} `) +
        `a refusal (${reason}${code === undefined ? "" : `, code ${code}`})`,
    );
  }
  return parts.length === 0 ? "nothing yet" : parts.join(", then ");
}

/** Records what happens during a run. */
class Trace {
  readonly entries: TraceEntry[] = [];
  readonly #began = performance.now();

  add(by: TraceEntry["by"], text: string): void {
    const at = Math.round((performance.now() - this.#began) * 100) / 100;
    this.entries.push({ at, by, text });
  }
}
