/**
 * Shows cases as readable scripts, with the exact bytes.
 *
 * @module
 */

import { showBytes, toBytes } from "./bytes.ts";
import type {
  Bytes,
  BytesPattern,
  Case,
  CodecCase,
  EndPattern,
  Expectation,
  MessagePattern,
  Segment,
  SendItem,
  SessionCase,
  Step,
} from "./case.ts";
import type { Corpus } from "./corpus.ts";
import { expand, isSession, messageEnds } from "./expand.ts";
import { showMessage, toRawMessage, wireOf } from "./show_message.ts";

/** How many bytes are shown at most. */
const SHOWN = 4096;

/** Returns a case as text: what it requires and why, then what happens, with the bytes. */
export function showCase(each: Case, corpus: Corpus): string {
  const statements = new Map(corpus.statements.map((one) => [one.id, one]));
  const notes = Object.values(corpus.files)
    .find(({ cases }) => cases.includes(each))?.notes ?? {};
  const names = expand({ cases: [each] }).map(({ name }) => name);
  return [
    `${each.id} (${each.level}, since ${each.since})`,
    each.title,
    ...each.withdrawn === undefined ? [] : [`withdrawn: ${each.withdrawn}`],
    "",
    ...each.spec.map((id) => {
      const statement = statements.get(id);
      return statement === undefined
        ? id
        : `${id} (${statement.level}): ${statement.text}`;
    }),
    ...(each.flags ?? []).map((flag) => `finds ${flag}: ${notes[flag]}`),
    "",
    ...isSession(each) ? showSession(each) : showCodec(each),
    "",
    `runs: ${names.length}`,
    ...names.slice(0, 6).map((name) => `  ${name}`),
    ...names.length > 6 ? [`  … see the command list`] : [],
    "",
  ].join("\n");
}

function showCodec(each: CodecCase): string[] {
  const { directions, wire, messages, error, version, handshake, end, limits } =
    each;
  const ends = messageEnds(each);
  const lines = [`directions: ${directions.join(", ")}`];
  if (version !== undefined) lines.push(`version: ${version}`);
  if (handshake) lines.push("the version comes first");
  if (limits !== undefined) lines.push(`limits: ${JSON.stringify(limits)}`);
  if (wire !== undefined) {
    const bytes = toBytes(wire);
    lines.push(
      `wire: ${bytes.length} bytes${end ? ", then the end" : ""}`,
      `  ${showBytes(bytes, SHOWN)}`,
    );
  }
  for (const [at, message] of messages.entries()) {
    const where = wire === undefined ? "" : ` (up to byte ${ends[at]})`;
    lines.push(`message${where}: ${showMessage(toRawMessage(message))}`);
  }
  if (error !== undefined) {
    const { reason, code, at } = error;
    lines.push(
      `refused: ${reason}${at === undefined ? "" : `, shown by byte ${at}`}${
        code === undefined ? "" : `, code ${code}`
      }`,
    );
  }
  return lines;
}

function showSession(each: SessionCase): string[] {
  const { roles, over, needs, options, heeds, bystander, steps } = each;
  return [
    `the implementation is the ${roles.join(", or the ")}`,
    ...over === undefined ? [] : [`over ${over.join(", ")}`],
    ...needs === undefined ? [] : [`needs ${needs.join(", ")}`],
    ...options === undefined ? [] : [`options ${JSON.stringify(options)}`],
    ...heeds === undefined ? [] : [`heeds ${heeds.join(", ")}`],
    ...bystander
      ? ["another connection stays open, and must still answer at the end"]
      : [],
    "",
    ...steps.flatMap((step, at) =>
      showStep(step).map((line, index) =>
        `${index === 0 ? `${at + 1}.`.padStart(3) : "   "} ${line}`
      )
    ),
    "",
    "then nothing more arrives, and the runner ends the connection",
  ];
}

/** Returns a step as lines: `>` marks what is sent, `<` what is expected. */
function showStep(step: Step): string[] {
  if ("handshake" in step) return ["> 01", "< 01"];
  if ("send" in step) {
    const { cut, pace } = step;
    return [
      ...step.send.map(showItem),
      ...cut === undefined ? [] : [
        `  in pieces of ${cut === "bytewise" ? "one byte" : `${cut} bytes`}`,
      ],
      ...pace === undefined ? [] : [`  with ${pace} ms between two writes`],
    ];
  }
  if ("expect" in step) return step.expect.map(showExpectation);
  if ("all" in step) {
    return ["in any order:", ...step.all.map(showExpectation)];
  }
  if ("outcomes" in step) {
    return step.outcomes.flatMap((outcome) => [
      `${outcome.grade}${
        outcome.because === undefined ? "" : ` (${outcome.because})`
      }, if`,
      ...("quiet" in outcome
        ? ["nothing arrives"]
        : outcome.expect.map(showExpectation)).map((line) => `  ${line}`),
    ]);
  }
  if ("quiet" in step) return ["nothing arrives for a quiet period"];
  if ("echo" in step) {
    return [
      `a request echo with ${showBytes(toBytes(step.echo), SHOWN)} is answered`,
    ];
  }
  if ("alive" in step) return ["a new connection answers an echo"];
  if ("do" in step) {
    const { do: command, ...args } = step;
    return [
      `command to the implementation: ${command} ${JSON.stringify(args)}`,
    ];
  }
  if ("report" in step) {
    const patterns = [step.is].flat();
    return [
      `the implementation reports for ${step.report}`,
      ...patterns.map((pattern) => `  ${JSON.stringify(pattern)}`),
    ];
  }
  if ("flood" in step) {
    return [`${step.flood.times} times:`, ...step.flood.send.map(showItem)];
  }
  if ("storm" in step) {
    const { times, send, close = "left open", hold } = step.storm;
    return [
      `${times} more connections at the same time, on each:`,
      ...send.map(showItem),
      `  then ${close}${hold ? ", with nothing read" : ""}`,
    ];
  }
  const [[what, how] = []] = Object.entries(step);
  const details = JSON.stringify(how);
  return [details === "{}" ? `${what}` : `${what} ${details}`];
}

function showItem(item: SendItem): string {
  if ("bytes" in item) return `> ${showBytes(toBytes(item.bytes), SHOWN)}`;
  if ("raw" in item) {
    return `> raw: ${showBytes(toBytes(named(item.raw)), SHOWN)}`;
  }
  if ("frame" in item) {
    const { type, data = "", fin } = item.frame;
    return `> ${type} frame${fin === false ? ", more follows" : ""}: ${
      showBytes(toBytes(data), SHOWN)
    }`;
  }
  const { id, first, ...message } = item;
  if (hasVariable(item.payload)) {
    const payload = named(item.payload);
    return `> ${showMessage(toRawMessage({ ...message, payload }))}`;
  }
  if (typeof id === "object" && "var" in id) {
    return `> ${showMessage(toRawMessage(message))}, its id being ${id.var}${
      id.changed === undefined ? "" : ` with byte ${id.changed} changed`
    }`;
  }
  const raw = toRawMessage(id === undefined ? message : { ...message, id });
  return `> ${showBytes(wireOf(raw).subarray(0, first), SHOWN)}`;
}

function hasVariable(bytes: Bytes | undefined): bytes is readonly Segment[] {
  return Array.isArray(bytes) && bytes.some((part) => "var" in part);
}

/** Returns bytes with the names of variables in place of their values. */
function named(bytes: Bytes): Bytes {
  if (!hasVariable(bytes)) return bytes;
  return bytes.map((part) => "var" in part ? { ascii: `<${part.var}>` } : part);
}

function showExpectation(expected: Expectation): string {
  const { notBefore, within, behind } = expected;
  const when =
    (behind === undefined
      ? ""
      : `, behind any number of ${showPattern(behind)}`) +
    (notBefore === undefined ? "" : `, not before ${notBefore} ms`) +
    (within === undefined ? "" : `, within ${within} ms`);
  if ("message" in expected) return `< ${showPattern(expected.message)}${when}`;
  if ("parts" in expected) {
    const { joined, ...pattern } = expected.parts;
    return `< ${showPattern(pattern)}, any number, joined "${
      showBytes(toBytes(joined), SHOWN)
    }"${when}`;
  }
  if ("bytes" in expected) {
    return `< ${showBytes(toBytes(expected.bytes), SHOWN)}${when}`;
  }
  if ("frame" in expected) {
    const { type, data } = expected.frame;
    return `< ${type} frame${
      data === undefined ? "" : `: ${showBytes(toBytes(data), SHOWN)}`
    }${when}`;
  }
  if ("upgrade" in expected) {
    return `< a WebSocket upgrade request with ${
      JSON.stringify(expected.upgrade.headers)
    }${when}`;
  }
  return `< ${showEnd(expected.end)}${when}`;
}

function showPattern({ kind, ...fields }: MessagePattern): string {
  const shown = Object.entries(fields).map(([name, pattern]) =>
    typeof pattern === "number"
      ? `${name} ${pattern}`
      : `${name} ${showBytesPattern(pattern as BytesPattern)}`
  );
  return [kind, ...shown].join(" ");
}

function showBytesPattern(pattern: BytesPattern): string {
  return typeof pattern === "string" || Array.isArray(pattern)
    ? `"${showBytes(toBytes(named(pattern as Bytes)), SHOWN)}"`
    : JSON.stringify(pattern);
}

function showEnd({ error = "indifferent", codes, close }: EndPattern): string {
  const errors = {
    required: "a ProtocolError and then the end",
    preferred: "the end, preferably after a ProtocolError",
    none: "the end, without a ProtocolError",
    indifferent: "the end",
  };
  return errors[error] +
    (codes === undefined ? "" : `, code ${codes.join(" or ")}`) +
    (close === undefined ? "" : `, closed with ${close.join(" or ")}`);
}
