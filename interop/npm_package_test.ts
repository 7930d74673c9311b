/**
 * Tests the package for npm: built, packed and installed in an empty folder, as
 * its users have it, in Node and Bun.
 *
 * @module
 */

import { build, stop } from "esbuild";
import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { TextLineStream, toText } from "@std/streams";
import { connect, Handlers, serve, upgradeHandler } from "@gotalk/gotalk";
import { findProgram, needing } from "../scripts/find_program.ts";
import { outputOf } from "../scripts/run_program.ts";

/** What the package is tried with, from the registry. */
const TOOLS = [
  "@types/node@22.19.1",
  "bun@1.4.5",
  "node@22.23.3",
  "typescript@5.9.3",
];

const RESULTS = {
  greeting: "Hello Rasmus",
  asked: 42,
  echoed: 300_000,
  values: [1, 2, 3],
};

/** The limit of the script, and what bundlers add that rename its variables again. */
const MAX_BUNDLED_BYTES = 15_250 + 450;

const ROOT = new URL("../", import.meta.url).pathname;
const CERTIFICATE = `${ROOT}transport/testing/localhost.crt`;
const KEY = `${ROOT}transport/testing/localhost.key`;

const NPM = await findProgram(["npm"], "--version");

/** Returns the size of all of the entry for pages in the bundle of a user, compressed with gzip. */
async function bundledBytes(folder: string): Promise<number> {
  const { outputFiles: [bundled] } = await build({
    stdin: {
      contents: `import * as gotalk from "@gotalk/gotalk/browser";
globalThis.gotalk = gotalk;`,
      resolveDir: folder,
    },
    bundle: true,
    minify: true,
    format: "esm",
    write: false,
  });
  await stop();
  return gzipSync(bundled!.contents, { level: 9 }).byteLength;
}

/** Builds the package as a release does, in a folder of a user who installs it. */
async function install(folder: string): Promise<void> {
  const script = ["run", "--allow-all", "--no-check", "scripts/release.ts"];
  await outputOf([Deno.execPath(), ...script, `${folder}/release`, "npm"], {
    cwd: ROOT,
  });
  const [filename] = Array.from(
    Deno.readDirSync(`${folder}/release`),
    ({ name }) => name,
  ).filter((name) => name.endsWith(".tgz"));
  await Deno.mkdir(`${folder}/user`);
  await Deno.writeTextFile(
    `${folder}/user/package.json`,
    JSON.stringify({ name: "user", private: true, type: "module" }),
  );
  const quietly = ["--no-audit", "--no-fund", "--no-save"];
  await outputOf(
    [NPM!, "install", ...quietly, `${folder}/release/${filename}`, ...TOOLS],
    { cwd: `${folder}/user` },
  );
}

/** Runs the program of the user, calls its servers, and compares all results. */
async function tryProgram(
  command: readonly [string, ...string[]],
  folder: string,
): Promise<void> {
  const handlers = new Handlers()
    .handle("greet", (name: string) => `Hello ${name}`)
    .handle("ask", (_: unknown, { peer }) => peer.request("double", 21))
    .handleStream("echo", (readable) => readable)
    .handleValues("count", function* (end: number) {
      for (let value = 1; value <= end; value++) yield value;
    });
  await using tcp = await serve({}, handlers);
  await using webSocket = await serve({ transport: "websocket" }, handlers);
  await using gotalk = upgradeHandler(handlers);
  await using http = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    gotalk,
  );
  const urls = [
    tcp.address,
    webSocket.address,
    `ws://127.0.0.1:${http.addr.port}/`,
  ];
  const [program, ...args] = command;
  const child = new Deno.Command(program, {
    args: [...args, CERTIFICATE, KEY, `${folder}/user.sock`, ...urls],
    cwd: `${folder}/user`,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = toText(child.stderr);
  const lines = child.stdout.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  const printed: Record<string, unknown>[] = [];
  let servers: string[] = [];
  try {
    for await (const line of lines) {
      const { addresses, ...result } = JSON.parse(line);
      if (addresses === undefined) {
        printed.push(result);
        continue;
      }
      servers = addresses;
      for (const address of servers) await callServer(address);
      await child.stdin.close();
    }
  } finally {
    await child.stdin.close().catch(() => {});
    const { success } = await child.status;
    assert(success, await errors);
  }
  assertEquals(printed, [
    ...servers.map(() => ({ own: RESULTS })),
    ...urls.map((url) => ({ url, foreign: RESULTS })),
    {
      greeting: "Hello again",
      message: "Heartbeat load 0 time 1970-01-01T00:00:00Z",
      size: 13,
      rooms: 0,
    },
  ]);
  assertEquals(servers.length, 4);
}

/** Calls a server of the program from Deno. */
async function callServer(address: string): Promise<void> {
  const url = address.replace("tls://127.0.0.1", "tls://localhost");
  await using peer = await connect(url, {
    ...url.startsWith("tls:") &&
      { caCerts: [await Deno.readTextFile(CERTIFICATE)] },
    handlers: new Handlers().handle("double", (value: number) => 2 * value),
  });
  assertEquals(await peer.request("greet", "Deno"), "Hello Deno", address);
  assertEquals(await peer.request("ask"), 42, address);
}

/** Imports entries that need Deno in Node and Bun, which say so. */
async function tryEntriesThatNeedDeno(folder: string): Promise<void> {
  for (
    const [entry, name, instead] of [
      ["workers", "serveWorkers", ""],
      ["cli", "main", ""],
      ["tap", "openTap", ""],
      ["transport/tcp", "connectTcp", "@gotalk/gotalk/transport/node"],
    ] as const
  ) {
    const program = `${folder}/user/needs_deno.mjs`;
    const text = `import { ${name} } from "@gotalk/gotalk/${entry}";
console.log(${name});`;
    await Deno.writeTextFile(program, text);
    for (const runtime of ["node", "bun"]) {
      const { success, stderr } = await new Deno.Command(
        `${folder}/user/node_modules/.bin/${runtime}`,
        { args: [program], cwd: `${folder}/user`, stdout: "null" },
      ).output();
      const errors = new TextDecoder().decode(stderr);
      assertEquals(success, false, runtime);
      assertStringIncludes(
        errors,
        `Cannot load @gotalk/gotalk/${entry}: it needs Deno, and is in jsr:@gotalk/gotalk only`,
      );
      assertStringIncludes(errors, instead);
    }
  }
}

/** Runs the command in Node, with a server in Deno. */
async function tryCommand(bin: string, folder: string): Promise<void> {
  const handlers = new Handlers()
    .handle("greet", (name: string) => `Hello ${name}`)
    .handleStream("echo", (readable) => readable)
    .onNotification("ask", (value, { peer }) => peer.notify("told", value));
  const options = { listOperations: true };
  await using tcp = await serve(options, handlers);
  await using webSocket = await serve(
    { ...options, transport: "websocket" },
    handlers,
  );
  const gotalk = async (args: readonly string[], input = "") => {
    const child = new Deno.Command(`${bin}/gotalk`, {
      args: [...args],
      cwd: folder,
      // The program begins with the name of Node.
      env: { PATH: `${bin}:${Deno.env.get("PATH")}` },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const ended = child.output();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await ended;
    const decoder = new TextDecoder();
    return [code, decoder.decode(stdout), decoder.decode(stderr)] as const;
  };
  for (const { address } of [tcp, webSocket]) {
    assertEquals(
      await gotalk(["request", address, "greet", "-"], '"Node"'),
      [0, '"Hello Node"\n', ""],
    );
    assertEquals(
      await gotalk(["stream", address, "echo"], "abc"),
      [0, "abc", ""],
    );
  }
  const url = tcp.address;
  assertEquals((await gotalk(["notify", url, "ask", "1"]))[0], 0);
  assertEquals(
    await gotalk(["repl", url], ".notify ask 1\ngreet 2\n"),
    [0, 'notification told 1\n"Hello 2"\n', ""],
  );
  const [, listed] = await gotalk(["operations", url, "greet"]);
  assertEquals(listed, "greet  request of json\n");
  const measured = ["--interval=1ms", "--count=2", "--json"];
  assertEquals((await gotalk(["ping", url, ...measured]))[0], 0);
  assertEquals((await gotalk(["bench", url, "--duration=50ms"]))[0], 0);
  for (
    const [args, status, line] of [
      [["request", url, "nope"], 1, "unknown operation"],
      [["request", url, "greet", "@nope"], 2, "there is no such file"],
      [["request", "tcp://127.0.0.1:1", "greet"], 3, "Cannot connect"],
      [["request", url, "greet", "--insecure"], 2, "--insecure needs Deno"],
      [["tap", url, url], 2, "gotalk tap needs Deno"],
      [["serve", "tcp://127.0.0.1:0", "--exec=a=b"], 2, "--exec needs Deno"],
    ] as const
  ) {
    const [code, out, err] = await gotalk(args);
    assertEquals([code, out], [status, ""]);
    assert(err.includes(line) && err.split("\n").length === 2, err);
  }
}

Deno.test(needing({ npm: NPM }, {
  name: "the package for npm runs in Node and Bun, and type-checks strictly",
  async fn(t) {
    const folder = await Deno.makeTempDir();
    try {
      await t.step("installs in an empty folder", () => install(folder));
      const source = `${ROOT}interop/npm/program.ts`;
      await Deno.copyFile(source, `${folder}/user/program.ts`);
      const bin = `${folder}/user/node_modules/.bin`;
      await t.step("type-checks without skipLibCheck", async () => {
        const options = ["--strict", "--target", "es2022"];
        const modules = ["--module", "nodenext", "--types", "node"];
        await outputOf(
          [`${bin}/tsc`, ...options, ...modules, "program.ts"],
          { cwd: `${folder}/user` },
        );
      });
      await t.step("is small in the bundle of a page", async () => {
        const bytes = await bundledBytes(`${folder}/user`);
        assert(bytes <= MAX_BUNDLED_BYTES, `${bytes}`);
      });
      await t.step(
        "runs in Node",
        () => tryProgram([`${bin}/node`, "program.js"], folder),
      );
      await t.step(
        "says which entries need Deno",
        () => tryEntriesThatNeedDeno(folder),
      );
      await t.step("has the command", () => tryCommand(bin, folder));
      await t.step(
        "runs in Bun",
        () => tryProgram([`${bin}/bun`, "program.ts"], folder),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
}));
