/** Checks that the suite works from a registry: from published files alone, none of which is on disk. */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { glob } from "./runner/cases/glob.ts";

/** What the test uses of a configuration. */
interface Configuration {
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: {
    readonly include: readonly string[];
    readonly exclude: readonly string[];
  };
}

const ROOT = new URL("../", import.meta.url);
const library = configuration("deno.json");
const suite = configuration("conformance/deno.json");
const STD = new URL("vendor/jsr.io/@std/", ROOT);

function configuration(path: string): Configuration {
  return JSON.parse(Deno.readTextFileSync(new URL(path, ROOT)));
}

/** Serves what both packages publish, and the packages of std that these import. */
function startRegistry(): Deno.HttpServer<Deno.NetAddr> {
  const excluded = suite.publish.exclude.map(glob);
  const libraryExcluded = library.publish.exclude.map(glob);
  const fileOf = (pathname: string): URL | undefined => {
    const [, name, path = ""] = /^\/([a-z]+)\/(.+)$/.exec(pathname) ?? [];
    if (name === "std") return new URL(path, STD);
    if (name === "suite") {
      return excluded.some((matches) => matches(path))
        ? undefined
        : new URL(`conformance/${path}`, ROOT);
    }
    const isPublished = name === "library" &&
      library.publish.include.some((each) => glob(each)(path)) &&
      !libraryExcluded.some((matches) => matches(path));
    return isPublished ? new URL(path, ROOT) : undefined;
  };
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      const file = fileOf(pathname);
      try {
        if (file === undefined) throw new Deno.errors.NotFound();
        const type = /\.json$/.test(pathname)
          ? "application/json"
          : /\.js$/.test(pathname)
          ? "text/javascript"
          : "application/typescript";
        return new Response(await Deno.readFile(file), {
          headers: { "content-type": type },
        });
      } catch {
        return new Response("not found", { status: 404 });
      }
    },
  );
}

/** What a registry makes of the imports of both packages. */
function importsAt(origin: string): Record<string, string> {
  const entries = Object.entries(library.exports).map(([name, path]) => [
    `@gotalk/gotalk${name.slice(1)}`,
    new URL(path, `${origin}/library/`).href,
  ]);
  const std = [...Deno.readDirSync(STD)].filter((entry) => entry.isDirectory)
    .map(({ name }) => {
      const version = [...Deno.readDirSync(new URL(`${name}/`, STD))]
        .find(({ isDirectory }) => isDirectory)!.name;
      const folder = new URL(`${name}/${version}/`, STD);
      const entry = [...Deno.readDirSync(folder)]
        .find((file) => /^mod\.[jt]s$/.test(file.name));
      return [
        `@std/${name}`,
        `${origin}/std/${name}/${version}/${entry?.name ?? "mod.ts"}`,
      ];
    });
  return Object.fromEntries([...entries, ...std, [
    "ws",
    library.imports.ws!,
  ]]);
}

/** Removes from the cache what came from a registry. */
async function forget(port: number): Promise<void> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json"],
  }).output();
  const { denoDir } = JSON.parse(new TextDecoder().decode(stdout));
  try {
    await Deno.remove(`${denoDir}/remote/http/127.0.0.1_PORT${port}`, {
      recursive: true,
    });
  } catch {
    // It is kept elsewhere, or not at all.
  }
}

Deno.test("the published command runs cases, and writes the corpus and templates", async () => {
  const folder = await Deno.makeTempDir();
  const registry = startRegistry();
  const origin = `http://127.0.0.1:${registry.addr.port}`;
  const config = `${folder}/deno.json`;
  const program = async (...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--allow-all",
        "--no-check",
        "--no-lock",
        `--config=${config}`,
        `${origin}/suite/main.ts`,
        ...args,
      ],
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    return {
      status: code,
      out: decoder.decode(stdout),
      err: decoder.decode(stderr),
    };
  };
  try {
    await Deno.writeTextFile(
      config,
      JSON.stringify({ imports: importsAt(origin) }),
    );
    // Threads load the program from the registry too.
    const few = ["--run", "codec/protocol-error/**", "--threads", "2"];
    const run = await program("run", ...few);
    assertStringIncludes(run.out, "all as expected", run.err);

    const copy = await program("copy", ".");
    assertEquals([copy.status, copy.err.includes("error")], [0, false]);
    assertStringIncludes(
      await Deno.readTextFile(`${folder}/corpus/statements.json`),
      '"handshake/',
    );

    const init = await program("init", "rust", "mine");
    assertStringIncludes(init.out, "mine/Cargo.toml\nmine/src/codec.rs\n");

    const lint = await program("lint");
    assertEquals(lint.status, 2);
    assertStringIncludes(lint.err, "name a DIR");
    const lintCopy = await program("lint", ".");
    assertEquals([lintCopy.status, lintCopy.out], [0, ""]);
    assertStringIncludes(lintCopy.err, "statements are not checked");
  } finally {
    await registry.shutdown();
    await forget(registry.addr.port);
    await Deno.remove(folder, { recursive: true });
  }
});
