import { assert, assertEquals } from "@std/assert";
import { type Module, readGraph, violations } from "./module_graph.ts";

Deno.test("the project keeps to the arrows of its design", async () => {
  const modules = await readGraph();
  assertEquals(violations(modules), []);

  // Else the rules would hold for want of anything to judge.
  const codec = modules.find(({ path }) => path === "codec/mod.ts");
  assert(codec && codec.imports.length > 0);
});

/** What breaks a rule: a change to a sound project, and the complaint. */
const BREACHES: readonly {
  name: string;
  change: Partial<Module> & { path: string };
  complaint: string;
}[] = [
  {
    name: "the codec importing the peer",
    change: { path: "codec/mod.ts", imports: ["peer/mod.ts"] },
    complaint:
      "codec/mod.ts imports peer/mod.ts: codec/ may import only codec/",
  },
  {
    name: "a test of the codec importing a transport",
    change: { path: "codec/mod_test.ts", imports: ["transport/tcp.ts"] },
    complaint:
      "codec/mod_test.ts imports transport/tcp.ts: codec/ may import only codec/",
  },
  {
    name: "a transport importing the codec",
    change: { path: "transport/tcp.ts", imports: ["codec/mod.ts"] },
    complaint:
      "transport/tcp.ts imports codec/mod.ts: transport/ may import only transport/",
  },
  {
    name: "the peer importing a transport",
    change: {
      path: "peer/mod.ts",
      imports: ["transport/channel.ts", "transport/tcp.ts"],
    },
    complaint: "peer/mod.ts imports transport/tcp.ts: peer/ may import only " +
      "peer/, codec/, transport/channel.ts, transport/spare_units.ts, " +
      "transport/write_units.ts",
  },
  {
    name: "the command line reaching behind the public entries",
    change: { path: "cli/main.ts", imports: ["mod.ts", "codec/_private.ts"] },
    complaint: "cli/main.ts imports codec/_private.ts: cli/ may import only " +
      "cli/, deno.json, mod.ts, codec/mod.ts",
  },
  {
    name: "the core importing another package",
    change: { path: "codec/mod.ts", imports: ["jsr:@std/bytes", "npm:other"] },
    complaint: "codec/mod.ts imports npm:other: of other packages the core " +
      "may import only jsr:@std/bytes, jsr:@std/streams",
  },
  {
    name: "the codec using Deno",
    change: { path: "codec/mod.ts", text: "export const pid = Deno.pid;" },
    complaint: "codec/mod.ts mentions Deno: codec/ must run in browsers",
  },
  {
    name: "mod.ts doing something itself",
    change: {
      path: "mod.ts",
      text: `export * from "./codec/mod.ts";\nexport const a = 1;`,
    },
    complaint: "mod.ts has code of its own: it may only re-export",
  },
  {
    name: "a file outside the parts",
    change: { path: "src/utils.ts" },
    complaint: "src/utils.ts belongs to no part of the project that has a rule",
  },
];

const ENTRIES = ["mod.ts", "codec/mod.ts"];

const SOUND: readonly Module[] = [
  {
    path: "mod.ts",
    imports: ["codec/mod.ts", "peer/mod.ts"],
    text: `// The face.
export * from "./codec/mod.ts";
export { Peer, type PeerOptions } from "./peer/mod.ts";
`,
  },
  {
    path: "codec/mod.ts",
    imports: ["codec/_private.ts", "jsr:@std/bytes"],
    text: "/** Not for `Deno` alone. */",
  },
  { path: "codec/_private.ts", imports: [], text: "" },
  {
    path: "codec/mod_test.ts",
    imports: ["codec/mod.ts", "jsr:@std/assert", "npm:fast-check"],
    text: "Deno.test",
  },
  {
    path: "peer/mod.ts",
    imports: ["codec/mod.ts", "transport/channel.ts"],
    text: "",
  },
  {
    path: "peer/mod_test.ts",
    imports: ["peer/mod.ts", "transport/memory.ts"],
    text: "Deno.test",
  },
  { path: "transport/channel.ts", imports: [], text: "" },
  {
    path: "transport/tcp.ts",
    imports: ["transport/channel.ts"],
    text: "Deno.connect",
  },
  { path: "transport/memory.ts", imports: ["transport/channel.ts"], text: "" },
  { path: "cli/main.ts", imports: ["mod.ts", "jsr:@std/cli"], text: "Deno" },
];

Deno.test("a sound project breaks no rule", () => {
  assertEquals(violations(SOUND, ENTRIES), []);
});

for (const { name, change, complaint } of BREACHES) {
  Deno.test(`${name} breaks a rule`, () => {
    const before = SOUND.find(({ path }) => path === change.path) ??
      { imports: [], text: "" };
    const others = SOUND.filter((module) => module !== before);
    assertEquals(
      violations([...others, { ...before, ...change }], ENTRIES),
      [complaint],
    );
  });
}

Deno.test("an entry of the export map that is not there breaks a rule", () => {
  assertEquals(violations(SOUND, [...ENTRIES, "cli/mod.ts"]), [
    "cli/mod.ts is in the export map, but not in the project",
  ]);
});
