import { assertEquals, assertGreater, assertThrows } from "@std/assert";
import { sampleReport } from "../testing/sample_report.ts";
import {
  AJV,
  loadValidators,
  type SchemaName,
  SCHEMAS,
} from "./json_schema.ts";

const validator = await loadValidators();

/** The pointer and the message of each violation of a value, as one line. */
function violations(
  value: unknown,
  schema: SchemaName,
  definition?: string,
): string[] {
  return validator(schema, definition)(value).map(({ pointer, message }) =>
    `${pointer}: ${message}`
  );
}

const codecCase = {
  id: "codec/a/b",
  since: "1.0.0",
  level: "must",
  title: "Something holds here",
  spec: ["wire/kind"],
  directions: ["decode"],
  wire: "f00000002",
  messages: [{ kind: "ProtocolError", code: 2 }],
};
const sessionCase = {
  id: "session/a/b",
  since: "1.0.0",
  level: "must",
  title: "Something holds here",
  spec: ["wire/kind"],
  roles: ["acceptor"],
  steps: [{ handshake: {} }],
};
const codec = (fields: Record<string, unknown>) =>
  violations(
    { about: "A", notes: {}, cases: [{ ...codecCase, ...fields }] },
    "codec",
  );
const steps = (...steps: unknown[]) =>
  violations(
    { about: "A", notes: {}, cases: [{ ...sessionCase, steps }] },
    "session",
  );

Deno.test("each schema is valid, and refuses other values", () => {
  for (const name of Object.keys(SCHEMAS) as SchemaName[]) {
    const validate = validator(name);
    if (name !== "common") assertGreater(validate(17).length, 0, name);
  }
});

Deno.test("an unknown definition is refused", () => {
  assertThrows(
    () => validator("codec", "nothing"),
    TypeError,
    "Cannot validate: nothing is no definition of the schema codec",
  );
});

Deno.test("a codec case is validated by its schema", () => {
  assertEquals(codec({}), []);
  assertEquals(codec({ levle: "must" }), [
    "/cases/0/levle: the key is not known",
  ]);
  assertEquals(codec({ level: "shall" }), [
    '/cases/0/level: it is "shall", wanted one of must, should, may, undefined',
  ]);
  assertEquals(codec({ "a/b": 1 }), [
    "/cases/0/a~1b: the key is not known",
  ]);
  assertEquals(codec({ wire: undefined }), ["/cases/0: wire is missing"]);
  assertEquals(codec({ version: "01" }), [
    '/cases/0/version: it is "01", wanted "00"',
  ]);
});

Deno.test("messages have the fields of their kind", () => {
  const messages = (message: unknown) => codec({ messages: [message] });
  assertEquals(messages({ kind: "ProtocolError" }), [
    "/cases/0/messages/0: code is missing",
  ]);
  assertEquals(messages({ kind: "ProtocolError", code: 2, id: "0001" }), [
    "/cases/0/messages/0/id: the key is not known",
  ]);
  assertEquals(messages({ kind: "SingleResult", id: 1, payload: "" }), [
    "/cases/0/messages/0/id: it is 1, which must be array",
  ]);
});

Deno.test("bytes are printable text or segments", () => {
  for (
    const [wire, wanted] of [
      ["", undefined],
      [[{ hex: "00ff" }, { repeat: "a", times: 2 }], undefined],
      ["é", ': it is "é", wanted a text that fits ^[ -~]*$'],
      [[], ": it is [], which must NOT have fewer than 1 items"],
      [
        [{ hex: "0F" }],
        '/0/hex: it is "0F", wanted a text that fits ^([0-9a-f]{2})+$',
      ],
      [[{ utf8: "a" }], '/0/utf8: it is "a", wanted a text that fits [^ -~]'],
      [[{ repeat: "a", times: 1 }], "/0/times: it is 1, which must be >= 2"],
      [[{ ascii: "a", hex: "00" }], undefined],
      [
        [{ text: "a" }],
        '/0: it has the keys ["text"], wanted one of ascii, hex, utf8, repeat, pattern',
      ],
      [
        [{ counter: 4 }],
        '/0: it has the keys ["counter"], wanted one of ascii, hex, utf8, repeat, pattern',
      ],
    ] as const
  ) {
    const found = codec({ wire });
    if (Array.isArray(wire) && wire[0] && "ascii" in wire[0]) {
      assertEquals(found, [
        "/cases/0/wire/0/hex: the key is not known",
        "/cases/0/wire/0/ascii: the key is not known",
      ]);
    } else {
      assertEquals(
        found,
        wanted === undefined ? [] : [`/cases/0/wire${wanted}`],
      );
    }
  }
});

Deno.test("an encoded case has one message, and a refused one has no bytes", () => {
  const encode = { directions: ["encode"] };
  assertEquals(codec(encode), []);
  assertEquals(codec({ ...encode, messages: [] }), [
    "/cases/0/messages: it is [], which must NOT have fewer than 1 items",
  ]);
  const error = { reason: "out-of-range" };
  assertEquals(codec({ ...encode, error }), [
    "/cases/0/wire: it is there, wanted none",
  ]);
  assertEquals(codec({ ...encode, error, wire: undefined }), []);
  assertEquals(codec({ error: { reason: "bad-hex" } }), [
    "/cases/0/error: at is missing",
  ]);
});

Deno.test("steps are validated by their schema", () => {
  assertEquals(steps({ handshake: {} }, { quiet: {} }), []);
  assertEquals(steps({ handshake: {}, cut: 1 }), [
    "/cases/0/steps/0/cut: the key is not known",
  ]);
  assertEquals(
    (steps({ handshak: {} })).map((line) => line.slice(0, 58)),
    ['/cases/0/steps/0: it has the keys ["handshak"], wanted one'],
  );
  assertEquals(steps({ do: "reqest", operation: "echo" }), [
    '/cases/0/steps/0/do: it is "reqest", wanted one of request, notify, open-stream, write, end, cancel, close, drain',
  ]);
  assertEquals(
    steps({
      expect: [{ message: { kind: "SingleResult", payload: { sze: 1 } } }],
    }),
    [
      '/cases/0/steps/0/expect/0/message/payload: it has the keys ["sze"], wanted one of bind, unlike, var, json, listing, text, size, without, begins',
    ],
  );
  assertEquals(
    steps({
      outcomes: [{ grade: "weak", quiet: true }, { grade: "pass" }],
    }),
    [
      "/cases/0/steps/0/outcomes/0: because is missing",
      '/cases/0/steps/0/outcomes/1: it has the keys ["grade"], wanted one of expect, quiet',
    ],
  );
});

Deno.test("the session on the adapter page matches the schemas of lines", async () => {
  const page = await Deno.readTextFile(
    new URL("../../implementations/adapters/README.md", import.meta.url),
  );
  const lines = Array.from(
    page.matchAll(/^([<>]) (\{.*\})$/gm),
    ([, by, line]) => ({ by, value: JSON.parse(line!) }),
  );
  assertGreater(lines.length, 20);
  const commands = new Map<number, string>();
  for (const { by, value } of lines) {
    if (by === ">") {
      commands.set(value.seq, value.command);
      assertEquals(violations(value, "adapter-request"), []);
    } else {
      const command = commands.get(value.seq);
      assertEquals(violations(value, "adapter-answer"), []);
      assertEquals(violations(value, "adapter-answer", command), []);
    }
  }
});

Deno.test("malformed lines are refused", () => {
  assertEquals(
    violations(
      { seq: 1, command: "write", call: "c", payload: "0G" },
      "adapter-request",
    ),
    ['/payload: it is "0G", wanted a text that fits ^([0-9a-f]{2})*$'],
  );
  assertEquals(violations({ seq: 1, command: "fly" }, "adapter-request"), [
    '/command: it is "fly", wanted one of start, encode, decode, listen, connect, request, notify, open-stream, write, end, cancel, report, close, drain, advance, reset, stop',
  ]);
  assertEquals(
    violations({ seq: 1, outcome: "error" }, "adapter-answer", "report"),
    [": payload is missing"],
  );
  assertEquals(
    violations(
      { seq: 1, skipped: { reason: "no" } },
      "adapter-answer",
      "report",
    ),
    [],
  );
});

Deno.test("a report matches its schema", () => {
  const report = JSON.parse(JSON.stringify(sampleReport()));
  assertEquals(violations(report, "report"), []);
  assertEquals(violations({ ...report, status: 2 }, "report"), [
    "/status: it is 2, wanted one of 0, 1, 3, 4, 130",
  ]);
});

Deno.test("a list of known failures matches its schema", () => {
  const known = { case: "codec/names/size-10", reason: "sizes are in decimal" };
  assertEquals(violations([known, { ...known, row: 123 }], "known"), []);
  assertEquals(violations([{ case: known.case }], "known"), [
    "/0: reason is missing",
  ]);
});

Deno.test("the validator package is the one that the workspace names", () => {
  const configuration = new URL("../../../deno.json", import.meta.url);
  const { scopes } = JSON.parse(Deno.readTextFileSync(configuration));
  assertEquals(AJV, scopes["./"].ajv);
});
