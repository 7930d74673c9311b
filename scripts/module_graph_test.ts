import { assert, assertEquals } from "@std/assert";
import { roomOf, ROOMS } from "./_rooms.ts";
import { type Module, readGraph, violations } from "./module_graph.ts";

Deno.test("the project keeps to the arrows of its design", async () => {
  const modules = await readGraph();
  assertEquals(violations(modules), []);

  // Otherwise the rules would hold because there is nothing to judge.
  for (const room of ROOMS) {
    const files = modules.filter(({ path }) => roomOf(path) === room);
    const isSettings = room.name === "the settings"; // which are no modules
    assert(files.length > 0 || isSettings, `${room.name} has no files`);
  }
  const codec = modules.find(({ path }) => path === "codec/mod.ts");
  assert(codec && codec.imports.length > 0);
});

/** A sound project: each file and what it imports. */
const SOUND: Readonly<Record<string, string>> = {
  "mod.ts": "codec/mod.ts peer/mod.ts connect.ts transport/mod.ts",
  "connect.ts": "peer/mod.ts transport/open.ts",
  "connect_test.ts": "connect.ts peer/testing/script.ts transport/tcp.ts",
  "codec/mod.ts": "codec/_private.ts jsr:@std/bytes",
  "codec/_private.ts": "",
  "codec/mod_test.ts": "codec/mod.ts codec/testing/oracle.ts npm:fast-check",
  "codec/testing/oracle.ts": "codec/mod.ts",
  "transport/channel.ts": "",
  "transport/mod.ts": "transport/channel.ts",
  "transport/tcp.ts": "transport/channel.ts",
  "transport/open.ts": "transport/tcp.ts transport/websocket/client.ts",
  "transport/websocket/client.ts":
    "transport/tcp.ts transport/websocket/_frame.ts",
  "transport/websocket/_frame.ts": "",
  "peer/limits.ts": "codec/mod.ts transport/channel.ts",
  "peer/mod.ts": "peer/peer.ts peer/reconnecting/reconnecting_peer.ts",
  "peer/peer.ts": "peer/_conversation.ts peer/limits.ts",
  "peer/_conversation.ts": "peer/requestor/calls.ts peer/responder/serve.ts",
  "peer/peer_test.ts": "peer/mod.ts transport/mod.ts peer/testing/script.ts",
  "peer/link/link.ts": "codec/mod.ts peer/limits.ts transport/channel.ts",
  "peer/requestor/calls.ts": "peer/link/link.ts peer/requestor/_call.ts",
  "peer/requestor/_call.ts": "peer/limits.ts",
  "peer/requestor/_call_test.ts": "peer/requestor/_call.ts",
  "peer/responder/serve.ts": "peer/link/link.ts",
  "peer/reconnecting/reconnecting_peer.ts": "peer/peer.ts",
  "peer/testing/script.ts": "peer/peer.ts",
  "conformance/mod.ts": "codec/mod.ts conformance/runner/run.ts npm:ajv",
  "conformance/runner/run.ts": "transport/mod.ts",
  "conformance/runner/run_test.ts":
    "conformance/runner/testing/sample.ts codec/testing/oracle.ts",
  "conformance/runner/testing/sample.ts": "conformance/runner/run.ts",
  "scripts/gate.ts": "deno.json conformance/deno.json conformance/mod.ts",
};

const ENTRIES = [
  "mod.ts",
  "codec/mod.ts",
  "transport/mod.ts",
  "peer/mod.ts",
  "conformance/mod.ts",
];

/** The sound project, with some files changed or added. */
function project(change: Readonly<Record<string, string>> = {}): Module[] {
  return Object.entries({ ...SOUND, ...change }).map(([path, imports]) => ({
    path,
    imports: imports.split(" ").filter((target) => target !== ""),
    relative: [],
    absolute: [],
    unresolved: [],
    text: path === "mod.ts"
      ? `// The face.\nexport { a, type B } from "./codec/mod.ts";\n`
      : "/** Not for `Deno` alone. */",
    exported: true,
  }));
}

Deno.test("a sound project breaks no rule", () => {
  assertEquals(violations(project(), ENTRIES), []);
});

/** What breaks a rule: an import added to the sound project, and the complaint. */
const BREACHES: readonly {
  name: string;
  path: string;
  imports: string;
  complaint: string;
}[] = [
  {
    name: "the codec importing the peer",
    path: "codec/_private.ts",
    imports: "peer/limits.ts",
    complaint: "codec may import only quoting",
  },
  {
    name: "a test of the codec importing a transport",
    path: "codec/mod_test.ts",
    imports: "transport/tcp.ts",
    complaint: "codec may import only quoting, codec/testing",
  },
  {
    name: "a transport importing the codec",
    path: "transport/tcp.ts",
    imports: "codec/mod.ts",
    complaint: "transport may import only the channel contract, quoting",
  },
  {
    name: "a transport importing a WebSocket",
    path: "transport/tcp.ts",
    imports: "transport/websocket/other.ts",
    complaint: "transport may import only the channel contract, quoting",
  },
  {
    name: "the opener of transports importing a private file of the WebSocket",
    path: "transport/open.ts",
    imports: "transport/websocket/_frame.ts",
    complaint: "it is private to another folder",
  },
  {
    name: "the WebSocket importing the peer",
    path: "transport/websocket/client.ts",
    imports: "peer/limits.ts",
    complaint:
      "transport/websocket may import only the channel contract, quoting, transport",
  },
  {
    name: "the peer importing a transport",
    path: "peer/peer.ts",
    imports: "transport/tcp.ts",
    complaint:
      "the top of peer may import only codec, quoting, the channel contract, the ground " +
      "of peer, peer/link, peer/requestor, peer/responder",
  },
  {
    name: "a word of the peer importing a room",
    path: "peer/limits.ts",
    imports: "peer/link/other.ts",
    complaint:
      "the ground of peer may import only codec, quoting, the channel contract",
  },
  {
    name: "the link importing the requestor",
    path: "peer/link/link.ts",
    imports: "peer/requestor/other.ts",
    complaint:
      "peer/link may import only codec, quoting, the channel contract, the " +
      "ground of peer",
  },
  {
    name: "the requestor importing the responder",
    path: "peer/requestor/calls.ts",
    imports: "peer/responder/serve.ts",
    complaint:
      "peer/requestor may import only codec, quoting, the channel contract, " +
      "the ground of peer, peer/link",
  },
  {
    name: "the responder importing the top of the peer",
    path: "peer/responder/serve.ts",
    imports: "peer/peer.ts",
    complaint:
      "peer/responder may import only codec, quoting, the channel contract, " +
      "the ground of peer, peer/link",
  },
  {
    name: "reconnecting importing the requestor",
    path: "peer/reconnecting/reconnecting_peer.ts",
    imports: "peer/requestor/calls.ts",
    complaint:
      "peer/reconnecting may import only codec, quoting, the channel " +
      "contract, the ground of peer, the top of peer",
  },
  {
    name: "a source file importing what only tests use",
    path: "conformance/mod.ts",
    imports: "conformance/runner/testing/sample.ts",
    complaint: "only tests and benchmarks may import it",
  },
  {
    name: "the library importing what only its tests use",
    path: "codec/_private.ts",
    imports: "codec/testing/shape.ts",
    complaint: "codec may import only quoting",
  },
  {
    name: "a test importing a private file of another folder",
    path: "peer/peer_test.ts",
    imports: "peer/requestor/_call.ts",
    complaint: "it is private to another folder",
  },
  {
    name: "a file importing from a private folder of another folder",
    path: "conformance/mod.ts",
    imports: "conformance/runner/_deep/run.ts",
    complaint: "it is private to another folder",
  },
  {
    name: "a file importing a private file of the folder above",
    path: "conformance/runner/run.ts",
    imports: "conformance/_private.ts",
    complaint: "it is private to another folder",
  },
  {
    name: "the suite reaching behind the public entries",
    path: "conformance/runner/run.ts",
    imports: "transport/tcp.ts",
    complaint: "conformance may import only the public entries",
  },
  {
    name: "a script reaching behind the public entries",
    path: "scripts/gate.ts",
    imports: "conformance/runner/run.ts",
    complaint: "scripts may import only the public entries, the settings",
  },
  {
    name: "the library importing another package",
    path: "peer/limits.ts",
    imports: "npm:other",
    complaint: "of other packages the library may import only " +
      "jsr:@std/bytes, jsr:@std/streams",
  },
];

for (const { name, path, imports, complaint } of BREACHES) {
  Deno.test(`${name} breaks a rule`, () => {
    const change = { [path]: `${SOUND[path]} ${imports}` };
    if (!(imports in SOUND) && imports.endsWith(".ts")) change[imports] = "";
    const found = violations(project(change), ENTRIES);
    assertEquals(
      // Some imports close a circle as well.
      found.filter((violation) => !violation.includes(" is a circle")),
      [`${path} imports ${imports}: ${complaint}`],
    );
  });
}

Deno.test("files of a private folder see each other", () => {
  const change = {
    "conformance/_deep/a.ts": "conformance/_deep/b.ts",
    "conformance/_deep/b.ts": "conformance/_deep/_c.ts",
    "conformance/_deep/_c.ts": "conformance/_other.ts",
    "conformance/_other.ts": "",
  };
  assertEquals(violations(project(change), ENTRIES), [
    "conformance/_deep/_c.ts imports conformance/_other.ts: it is private to another folder",
  ]);
});

Deno.test("a circle of files breaks a rule, among tests too", () => {
  const change = {
    "codec/_private.ts": "codec/a.ts",
    "codec/a.ts": "codec/b.ts",
    "codec/b.ts": "codec/c.ts codec/a.ts",
    "codec/c.ts": "codec/_private.ts",
    "examples/a_test.ts": "examples/b_test.ts",
    "examples/b_test.ts": "examples/a_test.ts",
  };
  assertEquals(violations(project(change), ENTRIES), [
    "codec/a.ts -> codec/b.ts -> codec/a.ts is a circle, the shortest among " +
    "4 files that circles tie together",
    "examples/a_test.ts -> examples/b_test.ts -> examples/a_test.ts is a circle",
  ]);
});

Deno.test("another package imported by its path breaks a rule", () => {
  const modules = project().map((module) => ({
    ...module,
    relative: module.imports,
  }));
  assertEquals(violations(modules, ENTRIES), [
    "conformance/mod.ts imports codec/mod.ts: another package is imported by its name",
    "conformance/runner/run.ts imports transport/mod.ts: another package is imported by its name",
    "scripts/gate.ts imports conformance/mod.ts: another package is imported by its name",
  ]);
});

Deno.test("an import that is absolute or cannot be resolved breaks a rule", () => {
  const [first, ...others] = project();
  const modules = [{
    ...first!,
    absolute: ["peer/mod.ts"],
    unresolved: ["jsr:@gotalk/gotalk/no-such-entry"],
  }, ...others];
  assertEquals(violations(modules, ENTRIES), [
    `${first!.path} imports peer/mod.ts by an absolute path`,
    `${
      first!.path
    } imports jsr:@gotalk/gotalk/no-such-entry, which cannot be resolved`,
  ]);
});

Deno.test("the codec using Deno breaks a rule", () => {
  const modules = project().map((module) => ({
    ...module,
    text: module.path.startsWith("codec/")
      ? "export const pid = Deno.pid;"
      : module.text,
  }));
  assertEquals(violations(modules, ENTRIES), [
    "codec/mod.ts mentions Deno: codec must run in browsers",
    "codec/_private.ts mentions Deno: codec must run in browsers",
  ]);
});

Deno.test("quoting using Deno breaks a rule", () => {
  const modules = project({ "quoting/quote.ts": "" }).map((module) => ({
    ...module,
    text: module.path === "quoting/quote.ts"
      ? "export const pid = Deno.pid;"
      : module.text,
  }));
  assertEquals(violations(modules, ENTRIES), [
    "quoting/quote.ts mentions Deno: quoting must run in browsers",
  ]);
});

Deno.test("a file says that it is internal to the package if no entry exports it", () => {
  const comment = "/**\n * A file.\n * Internal to the package.\n */";
  const says = 'says "Internal to the package.", but is';
  const cases: [Partial<Module>, complaint: string | undefined][] = [
    [{ path: "transport/tcp.ts", exported: true }, undefined],
    [{ path: "transport/tcp.ts", exported: false, text: comment }, undefined],
    [{ path: "peer/link/link.ts", exported: false }, undefined],
    [{ path: "codec/_private.ts", exported: false }, undefined],
    [{ path: "peer/testing/script.ts", exported: false }, undefined],
    [
      { path: "transport/tcp.ts", exported: false },
      'does not say "Internal to the package.", but no entry exports it',
    ],
    [
      {
        path: "transport/tcp.ts",
        exported: false,
        text: `/** A file. */\n${comment}`,
      },
      'does not say "Internal to the package.", but no entry exports it',
    ],
    [
      { path: "transport/tcp.ts", exported: true, text: comment },
      `${says} exported by an entry`,
    ],
    [
      { path: "peer/link/link.ts", exported: false, text: comment },
      `${says} private, or in an internal room`,
    ],
  ];
  for (const [change, complaint] of cases) {
    const modules = project().map((module) =>
      module.path === change.path ? { ...module, ...change } : module
    );
    assertEquals(
      violations(modules, ENTRIES),
      complaint === undefined ? [] : [`${change.path} ${complaint}`],
    );
  }
});

Deno.test("mod.ts doing something itself breaks a rule", () => {
  const modules = project().map((module) => ({
    ...module,
    text: module.path === "mod.ts"
      ? `export * from "./codec/mod.ts";\nexport const a = 1;`
      : module.text,
  }));
  assertEquals(violations(modules, ENTRIES), [
    "mod.ts declares something: it may only re-export",
  ]);
});

Deno.test("a file outside the rooms breaks a rule", () => {
  assertEquals(violations(project({ "src/utils.ts": "" }), ENTRIES), [
    "src/utils.ts lies in no room that has a rule",
  ]);
});

Deno.test("an entry of an export map that is not there breaks a rule", () => {
  assertEquals(violations(project(), [...ENTRIES, "cli/mod.ts"]), [
    "cli/mod.ts is in an export map, but not in the project",
  ]);
});
