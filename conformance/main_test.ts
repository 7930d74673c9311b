import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { connect, serve } from "@gotalk/gotalk";
import { listenTcp } from "@gotalk/gotalk/transport/tcp";
import { casesOf, CORPUS } from "./runner/cases/corpus.ts";
import { main } from "./main.ts";
import type { Report } from "./runner/judging/report.ts";

const ADAPTER =
  new URL("runner/testing/misbehaving_adapter.ts", import.meta.url).pathname;

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the program in this process; `onOutput` is called with the output so far. */
async function program(
  args: readonly string[],
  onOutput: (out: string, end: () => void) => void = () => {},
): Promise<Ran> {
  const controller = new AbortController();
  let out = "";
  let err = "";
  const status = await main(args, {
    out(text) {
      out += text;
      onOutput(out, () => controller.abort());
    },
    err: (text) => void (err += text),
    signal: controller.signal,
  });
  return { status, out, err };
}

function adapter(...behaviour: string[]): string[] {
  const words = [Deno.execPath(), "run", ADAPTER, ...behaviour];
  return ["--adapter", words.map((word) => `"${word}"`).join(" ")];
}

async function inFolder(
  work: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const FEW = ["--run", "codec/protocol-error/**"];

Deno.test("help lists every command, and each command describes its options", async () => {
  const { status, out } = await program(["--help"]);
  assertEquals(status, 0);
  const names = Array.from(
    out.matchAll(/^ {2}([a-z-]+) {2,}/gm),
    ([, name]) => name!,
  );
  assertEquals(names.length >= 10, true);
  for (const name of names) {
    const { status, out } = await program([name, "--help"]);
    assertEquals(status, 0);
    assertStringIncludes(out, `Usage: ${name}`);
    assertEquals(out.split("\n").filter((line) => line.length > 110), []);
  }
  const nothing = await program([]);
  assertEquals([nothing.status, nothing.out], [2, ""]);
});

Deno.test("wrong arguments are refused with status 2", async () => {
  for (
    const [args, problem] of [
      [["dance"], "Cannot run dance: there is no such command"],
      [["run", "--speed", "3"], "Cannot run: Unknown option '--speed'"],
      [
        ["run", "now"],
        "the argument now is one too many; a pattern follows --run, in quotes, and each further one another --run\nUsage: run [options]",
      ],
      [["run", "--jobs", "0"], "--jobs is 0, wanted an integer above 0"],
      [["run", "--jobs", "many"], "--jobs is many, wanted an integer above 0"],
      [["run", "--seed", "1.5"], "--seed is 1.5, wanted an integer above 0"],
      [
        ["run", "--timeout-scale=-1"],
        "--timeout-scale is -1, wanted a number above 0",
      ],
      [["run", "--level", "may"], "--level is may, wanted must or should"],
      [
        ["run", "--role", "client"],
        "--role is client, wanted acceptor or initiator",
      ],
      [
        ["run", "--suite", "all"],
        "--suite is all, wanted one of codec, session, websocket, extensions, hostile",
      ],
      [["run", "--report", "pdf:x"], "the report is pdf:x, wanted KIND:PATH"],
      [["run", "--report", "json"], "the report is json, wanted KIND:PATH"],
      [
        ["run", "--corpus-version", "0.0.1"],
        "--corpus-version is 0.0.1, but the corpus has version",
      ],
      [["run", "--run", "codec/{a"], "a brace is open"],
      [["run", "--run", "codec/none"], "no case matches --run codec/none;"],
      [
        ["run", "--run", "codec/**", "--run", "codec/none"],
        "no case matches --run codec/none;",
      ],
      [
        ["run", "--statement", "wire/**", "--statement", "wire/none"],
        "no case matches --statement wire/none;",
      ],
      [
        ["run", "--suite", "codec", "--run", "codec/**", "--run", "session/**"],
        "no case matches both --run session/** and the role or suite",
      ],
      [["run", "--run", "codec/**", "--skip", "**"], "no case matches;"],
      [
        ["run", "--target", "tcp://127.0.0.1:1", "--operations", "eco"],
        "--operations has eco, wanted some of call-back, ",
      ],
      [
        ["run", "--known-failing", "@/no/such/list"],
        "cannot read /no/such/list",
      ],
      [
        ["run", "--adapter", "a", "--target", "b"],
        "there are --adapter and --target, wanted at most one of them",
      ],
      [["run", "--run", "hostile/**"], "hostile cases run only with --hostile"],
      [
        ["run", "--run", "codec/**", "--run", "hostile/**"],
        "hostile cases run only with --hostile",
      ],
      [
        ["run", "--limits", "maxPayload=1"],
        "--limits describes a target: wanted --target too",
      ],
      [
        ["run", "--target", "tcp://a:1", "--limits", "payload=1"],
        "--limits: got payload=1, wanted NAME=VALUE with one of maxConcurrent",
      ],
      [
        ["run", "--target", "tcp://a:1", "--features", "stream"],
        "--features has stream, wanted some of extensionBytes, extension",
      ],
      [
        ["run", "--target", "tcp://a:1", "--read-timeout", "soon"],
        "--read-timeout is soon, wanted milliseconds",
      ],
      [["run", "--expect-cases", "none"], "--expect-cases is none, wanted"],
      [["run", "--folder", "/no/such/folder"], "--folder is /no/such/folder: "],
      [
        ["run", "--report", "json:/no/such/folder/report"],
        "cannot write /no/such/folder/report",
      ],
      [["list", "--run", "none"], "no case matches"],
      [["show", "codec/none"], "there is no case codec/none"],
      [["show"], "there is no argument\nUsage: show "],
      [["init"], "there is no argument\nUsage: init LANGUAGE [DIR]\n"],
      [["report", "html:a"], "there are too few arguments\nUsage: report "],
      [["bundle", "/no/such/folder/file"], "cannot write /no/such/folder/file"],
      [["serve", "--tcp", "here"], "--tcp is here, wanted HOST:PORT"],
      [
        ["serve", "--tcp", "192.0.2.1:0"],
        "Cannot serve: cannot listen on 192.0.2.1:0: ",
      ],
      [["serve", "--options", "{"], "--options: "],
      [
        ["serve", "--options", '{"colour":1}'],
        "--options: there is no option colour",
      ],
      [
        ["update-known", "a", "/no/such/report"],
        "cannot read /no/such/report: No such file or directory (os error 2)\n",
      ],
    ] as const
  ) {
    const { status, err } = await program(args);
    assertStringIncludes(err, problem);
    assertEquals(status, 2, args.join(" "));
  }
});

Deno.test("the library is tested by default", async () => {
  const { status, out } = await program(["run", ...FEW, "--level", "should"]);
  assertEquals(status, 0);
  assertMatch(out, /^@gotalk\/gotalk .*\n\ncases .*pass\n/);
  assertStringIncludes(out, "all as expected");
});

Deno.test("a run writes the requested reports", async () => {
  await inFolder(async (folder) => {
    const kinds = ["json", "tap", "junit", "markdown", "html", "badge"];
    const { status } = await program([
      "run",
      ...FEW,
      ...kinds.flatMap((kind) => ["--report", `${kind}:${folder}/${kind}`]),
    ]);
    assertEquals(status, 0);
    for (const kind of kinds) {
      assertEquals(
        (await Deno.readTextFile(`${folder}/${kind}`)).length > 50,
        true,
        kind,
      );
    }
    const report: Report = JSON.parse(
      await Deno.readTextFile(`${folder}/json`),
    );
    assertEquals(
      report.results.every(({ name }) =>
        name.startsWith("codec/protocol-error/")
      ),
      true,
    );
  });
});

Deno.test("a crash is reported, the run continues, and update-known lists it", async () => {
  await inFolder(async (folder) => {
    const [list, report] = [`${folder}/known.json`, `${folder}/report.json`];
    const run = (...more: string[]) =>
      program([
        "run",
        ...adapter("crashes"),
        "--run",
        "codec/protocol-error/**/encode",
        ...more,
      ]);
    const first = await run("--report", `json:${report}`);
    assertEquals(first.status, 1);
    assertMatch(first.out, /^FAIL codec\/protocol-error\/[^/]+\/encode$/m);
    assertStringIncludes(
      first.out,
      "the implementation exited: it exited with status 2, while encode was pending",
    );
    assertStringIncludes(first.out, "# " + "  panic: code is 1");
    assertMatch(
      first.out,
      /^ {2}again {4}(npx -y )?deno run -A conformance\/main\.ts run --adapter '.*' --trace --run codec\/\S+$/m,
    );
    assertMatch(first.out, /^1 case fails, in /m);

    const updated = await program(["update-known", list, report]);
    assertMatch(updated.out, /^\+ codec\/protocol-error\/\S+\n$/);
    assertEquals((await run("--known-failing", `@${list}`)).status, 0);
  });
});

Deno.test("reports are converted, and several become one page", async () => {
  await inFolder(async (folder) => {
    const report = `${folder}/report.json`;
    await program(["run", ...FEW, "--report", `json:${report}`]);
    const convert = (target: string, ...files: string[]) =>
      program(["report", `${target}:${folder}/${target}`, ...files]);
    assertEquals((await convert("tap", report)).status, 0);
    const tap = await Deno.readTextFile(`${folder}/tap`);
    assertMatch(tap, /^TAP version 14$/m);
    assertEquals((await convert("html", report, report)).status, 0);
    const page = await Deno.readTextFile(`${folder}/html`);
    assertEquals(page.split("@gotalk/gotalk 0.1.0").length > 2, true);
    const { status, err } = await convert("junit", report, report);
    assertEquals(status, 2);
    assertMatch(err, /there are 2 files, wanted one/);
    const { statements: _, ...lacking } = JSON.parse(
      await Deno.readTextFile(report),
    );
    for (
      const [value, why] of [
        [lacking, "/statements"],
        [{ ...lacking, statements: [], results: [{}] }, "/results/0/name"],
      ]
    ) {
      await Deno.writeTextFile(report, JSON.stringify(value));
      assertStringIncludes(
        (await convert("tap", report)).err,
        `it is not a report of version 1: ${why} is missing\n`,
      );
    }
  });
});

Deno.test("a run in which fewer cases apply than expected has a separate exit status", async () => {
  await inFolder(async (folder) => {
    const list = `${folder}/cases`;
    const first = await program(["run", ...FEW, "--report", `cases:${list}`]);
    assertEquals(first.status, 0);
    const [about, ...ids] = (await Deno.readTextFile(list)).trimEnd()
      .split("\n");
    assertMatch(about!, /^# a part of the corpus: \d+ of \d+ cases /);
    const cases = new Set(ids.map((id) => id.replace(/\/encode$/, ""))).size;
    assert(ids.every((id) => id.startsWith("codec/protocol-error/")));
    const expecting = async (value: string) =>
      (await program(["run", ...FEW, "--expect-cases", value])).status;
    assertEquals(await expecting(`@${list}`), 0);
    assertEquals(await expecting(String(cases)), 0);
    assertEquals(await expecting(String(cases + 1)), 4);
    // An expectation of nothing would always be met.
    for (const nothing of ["", "session/call/echo\n"]) {
      await Deno.writeTextFile(list, nothing);
      assertEquals(await expecting(`@${list}`), 2);
    }
    // What an interrupted run has judged is no expectation.
    await Deno.writeTextFile(
      list,
      `# incomplete: interrupted\n${ids.at(-1)}\n`,
    );
    assertEquals(await expecting(`@${list}`), 2);
    await Deno.writeTextFile(list, "codec/no/such-case\n");
    assertEquals(await expecting(`@${list}`), 2);
  });
});

Deno.test("an interrupted run has a separate exit status, and blames nobody", async () => {
  const controller = new AbortController();
  let out = "";
  let done = 0;
  const status = await main(["run", "--suite", "session", "--jobs", "4"], {
    out: (text) => void (out += text),
    err: () => {},
    progress() {
      if (done++ === 2) controller.abort();
    },
    signal: controller.signal,
  });
  assertEquals(status, 130);
  assertMatch(
    out,
    /^interrupted after \d+ of \d+ runs, in which 0 cases fail, in .* s$/m,
  );
});

Deno.test("the command that repeats a run enters the folder, but not the one where a task was started", async () => {
  const before = Deno.cwd();
  const started = Deno.env.get("INIT_CWD");
  const again = async (...folders: string[]) => {
    try {
      const report = "json:report.json";
      await program(
        [
          "run",
          ...FEW,
          ...folders.flatMap((each) => ["--folder", each]),
          "--report",
          report,
        ],
      );
      return JSON.parse(await Deno.readTextFile("report.json")).command;
    } finally {
      Deno.chdir(before);
    }
  };
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/mine`);
    try {
      Deno.env.set("INIT_CWD", folder);
      assertMatch(await again(folder), / run --trace$/);
      assertMatch(await again(folder, "mine"), / run --folder mine --trace$/);
      const mine = `${folder}/mine`;
      assertStringIncludes(await again(mine), ` run --folder ${mine} --trace`);
    } finally {
      if (started === undefined) Deno.env.delete("INIT_CWD");
      else Deno.env.set("INIT_CWD", started);
    }
  });
});

Deno.test("a folder is relative to the one in front of it, as a task states where it was started", async () => {
  const before = Deno.cwd();
  await inFolder(async (folder) => {
    try {
      await Deno.mkdir(`${folder}/mine`);
      await Deno.writeTextFile(`${folder}/mine/known.json`, "[]");
      const lists = ["--known-failing", "@known.json"];
      const folders = ["--folder", folder, "--folder", "mine"];
      const { status, err } = await program(
        ["run", ...FEW, ...folders, ...lists],
      );
      assertEquals(
        [status, err],
        [
          0,
          "Testing @gotalk/gotalk, as there is no --adapter, --target or --attach\n",
        ],
      );
    } finally {
      Deno.chdir(before);
    }
  });
});

Deno.test("threads share the runs, and the report is the same", async () => {
  await inFolder(async (folder) => {
    const resultsOf = async (threads: string) => {
      const file = `${folder}/${threads}.json`;
      const args = ["--threads", threads, "--report", `json:${file}`];
      const { status } = await program([
        "run",
        ...FEW,
        ...args,
        ...adapter("crashes"),
      ]);
      const report: Report = JSON.parse(await Deno.readTextFile(file));
      const results = report.results.map(({ name, verdict, reason }) => ({
        name,
        verdict,
        reason,
      }));
      return { status, results };
    };
    assertEquals(await resultsOf("3"), await resultsOf("1"));
  });
});

Deno.test("an adapter that cannot be started in a thread ends the run", async () => {
  const { status, err } = await program([
    "run",
    ...FEW,
    "--threads",
    "2",
    "--adapter",
    "no-such-program",
  ]);
  assertEquals(status, 3);
  assertStringIncludes(err, "no-such-program");
  const { status: refused, err: why } = await program([
    "run",
    ...FEW,
    "--threads",
    "2",
    "--target",
    "tcp://127.0.0.1:1",
  ]);
  assertEquals(refused, 2);
  assertStringIncludes(why, "--threads is 2, wanted 1 with --target");
});

Deno.test("a server that says nothing is one failure", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of listener) accepted.push(conn);
  })();
  const { status, out } = await program([
    "run",
    "--target",
    `tcp://127.0.0.1:${port}`,
    "--timeout-scale",
    "0.1",
  ]);
  listener.close();
  await accepting;
  for (const conn of accepted) conn.close();
  assertEquals(status, 3);
  assertMatch(out, /^FAIL first steps: acceptor over tcp$/m);
  assertMatch(out, /^ {2}skipped {2}\d+ cases that depend on it$/m);
  assertEquals(out.match(/^FAIL /gm)?.length, 1);
});

Deno.test("a stale list has a separate exit status", async () => {
  const { status, out } = await program([
    "run",
    ...FEW,
    "--known-failing",
    "codec/protocol-error/**",
  ]);
  assertEquals(status, 4);
  assertStringIncludes(out, "STALE codec/protocol-error/**\n");
});

Deno.test("an unusable implementation has a separate exit status, and one clear error", async () => {
  const gone = listenTcp();
  gone.close();
  for (
    const [args, problem] of [
      [
        adapter("babbles"),
        "it is not JSON, while start was pending; its standard error ends with\n  first words\n  last words\n  its line: Ready.\n  other output belongs on standard error\n",
      ],
      [adapter("ends"), "it exited with status 3, while start was pending"],
      [
        [...adapter("is silent"), "--timeout-scale", "0.005"],
        "no answer to start (seq 1) in 50 ms",
      ],
      [
        ["--adapter", "./no-such-program"],
        "Cannot start the adapter ./no-such-program",
      ],
      [["--target", gone.address], `Cannot use the target ${gone.address}`],
      [
        ["--attach", gone.address],
        `Cannot attach to an adapter at ${gone.address}`,
      ],
    ] as const
  ) {
    const { status, out, err } = await program(["run", ...FEW, ...args]);
    assertStringIncludes(err, problem);
    assertEquals([status, out], [3, ""], problem);
  }
  const { status, err } = await program(["run", ...FEW, "--target", "nowhere"]);
  assertStringIncludes(err, 'got address "nowhere"');
  assertEquals(status, 2);
});

Deno.test("runs and cases are listed", async () => {
  const { out } = await program(["list", ...FEW]);
  const names = out.trimEnd().split("\n");
  assertEquals(
    names.every((name) =>
      /^codec\/protocol-error\/.*\/(chunk:.*|encode)$/.test(name)
    ),
    true,
  );
  const { out: cases } = await program(["list", ...FEW, "--cases"]);
  assertMatch(cases, /^codec\/protocol-error\/\S+\t(must|should)\t.*\n/);
  const all = await program(["list", "--cases", "--hostile"]);
  assertEquals(all.out.trimEnd().split("\n").length, casesOf(CORPUS).length);
});

Deno.test("a program whose output nobody reads ends without a word", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-A",
      "--no-check",
      import.meta.resolve("./main.ts"),
      "list",
    ],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  await child.stdout.cancel();
  const [{ code }, stderr] = await Promise.all([
    child.status,
    new Response(child.stderr).text(),
  ]);
  assertEquals([code, stderr], [141, ""]);
});

Deno.test("cases are chosen by the statements that they test", async () => {
  const { out } = await program([
    "list",
    "--cases",
    "--statement",
    "request/concurrent",
  ]);
  assertMatch(out, /^session\/back\/echo-later-overtaken\t/m);
  assertEquals(out.includes("codec/"), false);
});

Deno.test("cases of one's own are run, and errors in them name their file", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/session/mine.json`;
    await Deno.mkdir(`${folder}/session`);
    const file = {
      about: "Mine.",
      notes: {},
      cases: [{
        id: "session/mine/hello",
        since: "1.0.0",
        level: "must",
        title: "The version is exchanged here too",
        spec: ["handshake/version"],
        roles: ["acceptor"],
        steps: [{ handshake: {} }],
      }],
    };
    await Deno.writeTextFile(path, JSON.stringify(file));
    const run = () => program(["run", "--corpus", folder]);
    const { status, out } = await run();
    assertEquals(status, 0);
    assertStringIncludes(out, "cases: 1 of 1 that apply pass in every run");
    assertMatch(out, /, as no case at level must tests it: \d+ statements$/m);
    for (
      const [text, problem] of [
        ['{"about": ', "session/mine.json: Unexpected end of JSON input"],
        [
          JSON.stringify({ ...file, colour: 1 }),
          "session/mine.json/colour: ",
        ],
        [
          JSON.stringify({ ...file, cases: [{}] }),
          "\n  session/mine.json/cases/0: id is missing\n  session/mine.json/cases/0: ",
        ],
        [
          JSON.stringify(file).replace("handshake/version", "handshake/vers"),
          "session/mine.json/cases/0/spec/0: handshake/vers is not a statement of the protocol",
        ],
      ] as const
    ) {
      await Deno.writeTextFile(path, text);
      const { status, err } = await run();
      assertStringIncludes(err, problem);
      assertEquals(status, 2);
    }
    await Deno.remove(path);
    assertStringIncludes((await run()).err, "there are no files, wanted some");
  });
});

Deno.test("a case is shown by its identifier or by a full name", async () => {
  const { id } = casesOf(CORPUS)[0]!;
  const { status, out } = await program(["show", id]);
  assertEquals(status, 0);
  assertStringIncludes(out, `${id} (`);
  assertEquals((await program(["show", `${id}/chunk:whole`])).out, out);
  assertEquals(
    (await program(["run", "--print-steps", `${id}/encode`])).out,
    out,
  );
});

Deno.test("the corpus is written as one file and as files", async () => {
  await inFolder(async (folder) => {
    assertEquals((await program(["bundle", `${folder}/all.json`])).status, 0);
    const bundle = JSON.parse(await Deno.readTextFile(`${folder}/all.json`));
    assertEquals(Object.keys(bundle.files), Object.keys(CORPUS.files));
    assertEquals((await program(["bundle", "-"])).out.length > 100_000, true);

    const { status } = await program(["copy", `${folder}/copy`]);
    assertEquals(status, 0);
    const original = new URL("corpus/codec/names.json", import.meta.url);
    assertEquals(
      await Deno.readTextFile(`${folder}/copy/corpus/codec/names.json`),
      await Deno.readTextFile(original),
    );
    const schema = JSON.parse(
      await Deno.readTextFile(`${folder}/copy/corpus/schema/codec.schema.json`),
    );
    assertEquals(typeof schema, "object");
  });
});

Deno.test("init writes a template, and overwrites nothing", async () => {
  await inFolder(async (folder) => {
    const mine = `${folder}/mine`;
    const { status, out, err } = await program(["init", "node", mine]);
    const names = [
      "adapter.mjs",
      "codec.mjs",
      "known.json",
      ".gitignore",
      ".github/workflows/conformance.yml",
    ];
    assertEquals(
      [status, out],
      [0, names.map((name) => `${mine}/${name}\n`).join("")],
    );
    assertStringIncludes(
      err,
      `run --folder ${mine} --adapter "node adapter.mjs" --run "codec/heartbeat/**"\n`,
    );
    const [page] = /^\S*\.md(?= explains)/m.exec(err)!;
    assertStringIncludes(await Deno.readTextFile(page), "# Adapters");
    const again = await program(["init", "node", `${folder}/mine`]);
    assertEquals([again.status, again.out], [2, ""]);
    assertEquals(
      again.err,
      `Cannot write the adapter to ${mine}: ${mine}/adapter.mjs exists, wanted a folder without it\n`,
    );
    const below = await program(["init", "node", `${mine}/adapter.mjs/a`]);
    assertEquals(below.status, 2);
    assertStringIncludes(
      below.err,
      `Cannot write the adapter to ${mine}/adapter.mjs/a: Not a directory`,
    );
    const unknown = await program(["init", "cobol", folder]);
    assertEquals([unknown.status, unknown.out], [2, ""]);
  });
});

Deno.test("lint finds nothing in this checkout", async () => {
  const { status, out } = await program(["lint"]);
  assertEquals([status, out], [0, ""]);
});

Deno.test("lint checks a copy of the corpus, and reports a missing identifier", async () => {
  await inFolder(async (folder) => {
    await program(["copy", folder]);
    const previous = `${folder}/previous.json`;
    const ids = ["codec/none/gone"];
    await Deno.writeTextFile(
      previous,
      JSON.stringify({ version: "0.9.0", ids }),
    );
    const { status, out } = await program([
      "lint",
      folder,
      `--previous=${previous}`,
    ]);
    assertEquals([status, out], [
      1,
      "manifest.json/ids: codec/none/gone of version 0.9.0 is gone, wanted it withdrawn\n",
    ]);
    const wrong = await program(["lint", `--previous=${folder}/none.json`]);
    assertEquals([wrong.status, wrong.out], [2, ""]);
  });
});

Deno.test("serve offers the standard operations until it is interrupted", async () => {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const serving = program(["serve"], (out, end) => {
    const addresses = out.match(/"address":"[^"]+"/g) ?? [];
    if (addresses.length < 2) return;
    resolve(addresses.map((text) => text.slice(11, -1)));
    if (out.includes('notification "bye"')) end();
  });
  for (const address of await promise) {
    await using peer = await connect(address);
    const echo = new TextEncoder().encode("hi");
    assertEquals(await peer.requestBytes("echo", echo), echo);
    await assertRejects(() => peer.requestBytes("call-back", echo));
    await assertRejects(() => peer.requestBytes("crash", echo));
    if (address.startsWith("ws:")) await peer.notifyBytes("bye", echo);
  }
  const { status, out, err } = await serving;
  assertEquals(status, 0);
  const failures =
    '"call-back" failed: Unexpected token \'h\', "hi" is not valid JSON\n"crash" failed: hi\n';
  assertEquals(err, failures.repeat(2));
  assertStringIncludes(out, 'notification "bye" hi\n');
});

Deno.test("dial offers the standard operations on its connection", async () => {
  const { promise, resolve } = Promise.withResolvers<Uint8Array>();
  const echo = new TextEncoder().encode("hi");
  await using server = await serve({
    port: 0,
    async onPeer(peer) {
      resolve(await peer.requestBytes("echo", echo));
      await peer.close();
    },
  });
  const { status, out } = await program(["dial", server.address]);
  assertEquals(await promise, echo);
  assertEquals([status, out], [0, `connected to ${server.address}\nclosed\n`]);
  await server.close();
  const { status: failed, err } = await program(["dial", server.address]);
  assertEquals(failed, 1);
  assertStringIncludes(err, server.address);
});
