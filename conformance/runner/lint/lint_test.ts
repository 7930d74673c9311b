import { assert, assertEquals, assertMatch } from "@std/assert";
import type {
  CodecCase,
  Expectation,
  SessionCase,
  Step,
} from "../cases/case.ts";
import { makeManifest, type Manifest } from "../cases/manifest.ts";
import { STATEMENTS } from "../cases/statements.ts";
import { lint } from "./lint.ts";

const codecCase: CodecCase = {
  id: "codec/a/b",
  since: "1.0.0",
  level: "must",
  title: "Something holds here",
  spec: ["wire/kind"],
  flags: ["Mistake"],
  directions: ["decode"],
  wire: "f00000002",
  messages: [{ kind: "ProtocolError", code: 2 }],
};

const sessionCase: SessionCase = {
  id: "session/a/b",
  since: "1.0.0",
  level: "must",
  title: "Something holds here",
  spec: ["wire/kind"],
  roles: ["acceptor"],
  steps: [{ handshake: {} }],
};

const notes = { Mistake: "Something is wrong. Nothing good comes of it." };

const kept = {
  version: "1.0.0",
  protocol: { name: "Gotalk", page: "codec/README.md", versions: ["01"] },
  license: "CC0-1.0",
  untestable: Object.fromEntries(
    STATEMENTS.filter(({ id, level }) =>
      id !== "wire/kind" && ["must", "should"].includes(level)
    ).map(({ id }) => [id, "this corpus is small"]),
  ),
};

/** What is found in a corpus of some files, with a manifest that is as it should be. */
async function found(
  files: Record<string, unknown>,
  changes: Partial<Manifest> = {},
  previous?: Manifest,
): Promise<string[]> {
  const folder = await Deno.makeTempDir();
  try {
    const url = new URL(`file://${folder}/`);
    const write = async (path: string, value: unknown) => {
      const file = new URL(path, url);
      await Deno.mkdir(new URL("./", file), { recursive: true });
      const text = typeof value === "string" ? value : JSON.stringify(value);
      await Deno.writeTextFile(file, text);
    };
    await write("corpus/manifest.json", { ...kept, ...changes });
    for (const [path, value] of Object.entries(files)) await write(path, value);
    const made = await makeManifest(url);
    await write("corpus/statements.json", made.statements);
    if (files["corpus/manifest.json"] === undefined) {
      await write("corpus/manifest.json", made.manifest);
    }
    const options = previous === undefined ? {} : { previous };
    return (await lint({ folder: url, ...options }))
      .map(({ path, pointer, message }) => `${path}${pointer}: ${message}`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const codec = (...cases: unknown[]) =>
  found({ "corpus/codec/a.json": { about: "A topic.", notes, cases } });
const steps = (...steps: Step[]) => stepsOf({}, ...steps);
const stepsOf = (fields: object, ...steps: Step[]) =>
  found({
    "corpus/session/a.json": {
      about: "A topic.",
      notes: {},
      cases: [{ ...sessionCase, ...fields, steps }],
    },
  });

Deno.test("lint finds nothing in the corpus of this version", async () => {
  assertEquals(await lint(), []);
});

Deno.test("lint finds nothing in a valid corpus", async () => {
  assertEquals(await codec(codecCase), []);
});

Deno.test("a file that is not JSON, or does not match its schema, is reported with the place", async () => {
  const [first] = await found({ "corpus/codec/a.json": "{" });
  assertMatch(first!, /^codec\/a\.json: .*JSON/);
  assertEquals(await codec({ ...codecCase, wire: [{ hex: "0" }] }), [
    'codec/a.json/cases/0/wire/0/hex: it is "0", wanted a text that fits ^([0-9a-f]{2})+$',
  ]);
});

Deno.test("identifiers are unique, sorted, and begin with their file", async () => {
  const again = { ...codecCase, id: "codec/b/a" };
  assertEquals(await codec(codecCase, codecCase), [
    "codec/a.json/cases/1/id: codec/a/b follows codec/a/b, wanted them sorted",
  ]);
  assertEquals(await codec(codecCase, { ...codecCase, id: "codec/a/a" }), [
    "codec/a.json/cases/1/id: codec/a/a follows codec/a/b, wanted them sorted",
  ]);
  assertEquals(await codec(codecCase, again), [
    "codec/a.json/cases/1/id: it is codec/b/a, wanted an identifier that begins with codec/a/",
  ]);
});

Deno.test("an identifier of the previous version must still exist", async () => {
  const files = {
    "corpus/codec/a.json": { about: "A topic.", notes, cases: [codecCase] },
  };
  const previous = {
    version: "0.9.0",
    ids: ["codec/a/a", "codec/a/b"],
  } as unknown as Manifest;
  assertEquals(await found(files, {}, previous), [
    "manifest.json/ids: codec/a/a of version 0.9.0 is gone, wanted it withdrawn",
  ]);
});

Deno.test("titles and notes are sentences, and flags are used and explained", async () => {
  for (const title of ["holds for all of them", "It holds.", "Short one"]) {
    assertEquals(await codec({ ...codecCase, title }), [
      `codec/a.json/cases/0/title: it is "${title}", wanted at least three words, with a capital letter and without a full stop`,
    ]);
  }
  assertEquals(await codec({ ...codecCase, flags: ["Other", "Mistake"] }), [
    "codec/a.json/cases/0/flags/0: Other is not explained in the notes of the file",
  ]);
  const cases = [{ ...codecCase, flags: undefined }];
  const file = { about: "A topic.", notes: { Mistake: "wrong" }, cases };
  assertEquals(await found({ "corpus/codec/a.json": file }), [
    "codec/a.json/notes/Mistake: no case has this flag",
    "codec/a.json/notes/Mistake: the note is not a sentence",
  ]);
});

Deno.test("segments are canonical", async () => {
  for (
    const [wire, fault] of [
      [
        [{ ascii: "a" }],
        "all of it is printable ASCII, wanted a text instead of segments",
      ],
      [
        [{ ascii: "a" }, { ascii: "b" }],
        "segments 0 and 1 are both ascii, wanted one",
      ],
      [
        [{ hex: "00" }, { hex: "01" }],
        "segments 0 and 1 are both hex, wanted one",
      ],
      [[{ hex: "6162" }], "segment 0 is hex of printable ASCII, wanted ascii"],
      [
        [{ utf8: "\ufeff" }],
        "segment 0 is utf8 with invisible characters, wanted hex",
      ],
    ] as const
  ) {
    assertEquals(await codec({ ...codecCase, wire }), [
      `codec/a.json/cases/0/wire: ${fault}`,
    ]);
  }
  const wire = [{ repeat: [{ hex: "617f" }], times: 2 }, { hex: "8061" }];
  assertEquals(await codec({ ...codecCase, wire }), []);
});

Deno.test("a case tests existing statements, one of them as binding as itself", async () => {
  const spec = ["wire/kind", "wire/nothing"];
  assertEquals(await codec({ ...codecCase, spec }), [
    "codec/a.json/cases/0/spec/1: wire/nothing is not a statement of the protocol",
  ]);
  assertEquals(await codec({ ...codecCase, spec: ["heartbeat/first"] }), [
    "codec/a.json/cases/0/level: it is must, but no statement of its spec is",
    "manifest.json/untestable: no case at its level tests wire/kind, and it is not listed",
    "manifest.json/untestable/heartbeat~1first: a case tests this statement",
  ]);
});

Deno.test("a withdrawn case tests nothing", async () => {
  const withdrawn = "the protocol says nothing of the kind";
  assertEquals(await codec({ ...codecCase, withdrawn }), [
    "manifest.json/untestable: no case at its level tests wire/kind, and it is not listed",
  ]);
});

Deno.test("a case is not newer than the corpus", async () => {
  assertEquals(await codec({ ...codecCase, since: "1.0.1" }), [
    "codec/a.json/cases/0/since: it is 1.0.1, later than the version 1.0.0 of the corpus",
  ]);
  assertEquals(await codec({ ...codecCase, since: "0.10.10" }), []);
});

Deno.test("steps request standard operations, or ones that do not exist", async () => {
  const request = {
    kind: "SingleRequest",
    id: "0001",
    operation: "ecko",
    payload: "",
  } as const;
  const where = "session/a.json/cases/0/steps";
  assertEquals(
    await steps({ send: [{ ...request, operation: "echo" }] }, {
      flood: { times: 2, send: [request] },
    }),
    [
      `${where}/1: "ecko" is not a standard operation, and the case does not test request/unknown-operation`,
    ],
  );
  const operation = "no-such-operation";
  assertEquals(await steps({ send: [{ ...request, operation }] }), []);
  const login: Step = { send: [{ ...request, operation: "login" }] };
  assertEquals(await stepsOf({ options: { login: true } }, login), []);
  assertEquals((await steps(login)).length, 1);
});

Deno.test("steps do what they say: headers are not overwritten, and raw bytes have a raw connection", async () => {
  const where = "session/a.json/cases/0/steps";
  const headers = { "connection": "close", "X-Other": "fine" };
  assertEquals(
    await steps(
      { upgrade: { headers } },
      { raw: { http: ["GET"] } },
      { send: [{ raw: "x" }] },
      { storm: { times: 1, send: [{ raw: "x" }] } },
    ),
    [
      `${where}/0: the runner writes the header connection itself, wanted a step raw`,
      `${where}/1: wanted raw as the first step of a case of one role over WebSocket`,
      `${where}/2: there are raw bytes without a step raw`,
      `${where}/3: there are raw bytes without a step raw`,
    ],
  );
  const initiators = { roles: ["initiator"], over: ["websocket"] };
  assertEquals(
    await stepsOf(
      initiators,
      { raw: { http: [[{ var: "accept" }, { var: "host" }]], status: 101 } },
    ),
    [
      `${where}/0: an initiator is given a response and sends none, got status`,
      `${where}/0: nothing is bound to host yet`,
    ],
  );
});

Deno.test("steps use calls and variables that exist", async () => {
  const where = "session/a.json/cases/0/steps";
  const outcome = { outcome: "result" } as const;
  assertEquals(
    await steps(
      { do: "request", operation: "x", as: "one" },
      { report: "one", is: outcome },
      { report: "two", is: outcome },
      { expect: [{ message: { kind: "SingleRequest", id: { bind: "id" } } }] },
      { send: [{ kind: "SingleResult", id: { var: "id" }, payload: "" }] },
      { send: [{ kind: "SingleResult", id: { var: "other" }, payload: "" }] },
      { send: [{ bytes: [{ counter: 4 }] }] },
    ),
    [
      `${where}/2: there is no call two yet`,
      `${where}/5: nothing is bound to other yet`,
      `${where}/6: there is a counter outside of a flood`,
    ],
  );
});

Deno.test("the first data of a stream is expected in its request or in a part behind it", async () => {
  const request = (payload: string): Expectation => ({
    message: {
      kind: "StreamRequest",
      id: { bind: "id" },
      operation: "x",
      payload,
    },
  });
  const part: Expectation = {
    message: { kind: "StreamRequestPart", id: { var: "id" }, payload: "data" },
  };
  assertEquals(
    await steps(
      {
        outcomes: [
          { grade: "pass", expect: [request("data")] },
          { grade: "pass", expect: [request(""), part] },
        ],
      },
      { expect: [request("")] },
      { expect: [request("data")] },
      { all: [request("data"), part] },
    ),
    [2, 3].map((at) =>
      `session/a.json/cases/0/steps/${at}: wanted outcomes, or any payload, as the first data of a stream can also come in a part behind an empty StreamRequest (stream/open)`
    ),
  );
});

Deno.test("long values are quoted by their beginning", async () => {
  const long = "n".repeat(4095);
  const findings = [
    ...await steps({
      send: [{
        kind: "SingleRequest",
        id: "0000",
        operation: long,
        payload: "",
      }],
    }),
    ...await steps({ report: long, is: { outcome: "failed" } } as Step),
    ...await steps({ send: [{ bytes: [{ var: long }] }] }),
    ...await codec({ ...codecCase, title: long }),
    ...await codec({ ...codecCase, flags: [long] }),
    ...await codec({ ...codecCase, id: `codec/b/${long}` }),
    ...await codec({ ...codecCase, spec: [`wire/${long}`] }),
    ...await codec({ ...codecCase, wire: [{ hex: long }] }),
    ...await codec({ ...codecCase, [long]: 1 }),
  ].map((finding) => finding.replace(/^\S+: /, ""));
  assert(findings.length >= 9);
  assertEquals(findings.filter((finding) => finding.length > 240), []);
});

Deno.test("lists of known failures and defects name existing cases", async () => {
  const file = { about: "A topic.", notes, cases: [codecCase] };
  const defect = {
    row: 1,
    who: "go",
    what: "Does it wrong.",
    statement: "wire/kind",
    cases: ["codec/a/b", "codec/a/c"],
  };
  const reason = "it cannot do this";
  assertEquals(
    await found({
      "corpus/codec/a.json": file,
      "implementations/known/defects.json": {
        about: "Defects.",
        defects: [defect],
      },
      "implementations/known/other.json": [
        { case: "codec/a/b/chunk:whole", reason },
        { case: "codec/**", reason },
        { case: "codec/a/d", reason },
        { reason },
      ].slice(0, 3),
      "implementations/known/third.json": [{ reason }],
    }),
    [
      "../implementations/known/defects.json/defects/0/cases/1: there is no case codec/a/c",
      "../implementations/known/other.json/2/case: there is no case codec/a/d",
      "../implementations/known/third.json/0: case is missing",
    ],
  );
});

Deno.test("a missing manifest is reported", async () => {
  const folder = await Deno.makeTempDir();
  try {
    assertEquals(await lint({ folder: new URL(`file://${folder}/`) }), [
      { path: "manifest.json", pointer: "", message: "it is missing" },
    ]);
  } finally {
    await Deno.remove(folder);
  }
});

Deno.test("a manifest that differs from its files is stale", async () => {
  const file = { about: "A topic.", notes, cases: [codecCase] };
  const sha256 = "0".repeat(64);
  const manifest = {
    ...kept,
    files: [{ path: "codec/a.json", cases: 2, sha256 }],
    statements: { path: "statements.json", count: 1, sha256 },
    ids: ["codec/a/b"],
  };
  assertEquals(
    await found({
      "corpus/codec/a.json": file,
      "corpus/manifest.json": manifest,
    }),
    [
      "manifest.json/files/0/cases: it is stale: run manifest.ts",
    ],
  );
});
