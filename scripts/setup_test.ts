import { assertEquals, assertMatch } from "@std/assert";

/** A project in a temporary folder that needs one std package. */
class Project implements AsyncDisposable {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  static async create(): Promise<Project> {
    const project = new Project(await Deno.makeTempDir());
    for (const name of ["setup.ts", "_vendor_layout.ts"]) {
      const source = new URL(name, import.meta.url);
      await project.write(`scripts/${name}`, await Deno.readTextFile(source));
    }
    await project.write(
      "deno.json",
      JSON.stringify({
        imports: { "@std/bytes": "jsr:@std/bytes@^1.0.6" },
        vendor: true,
        lock: false,
      }),
    );
    await project.write(
      "main.ts",
      `import { origin } from "@std/bytes";\nconsole.log(origin);\n`,
    );
    return project;
  }

  async write(path: string, text: string): Promise<void> {
    const file = `${this.#root}/${path}`;
    await Deno.mkdir(file.slice(0, file.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(file, text);
  }

  /** The names in a folder of the project; none when it is not there. */
  async list(path: string): Promise<string[]> {
    try {
      const entries = await Array.fromAsync(
        Deno.readDir(`${this.#root}/${path}`),
      );
      return entries.map(({ name }) => name).sort();
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return [];
      throw error;
    }
  }

  /** Runs a program of the project that knows these two registries only. */
  async run(
    program: string,
    registries: { jsr: string; npm: string },
  ): Promise<{ code: number; out: string; err: string }> {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", program],
      cwd: this.#root,
      env: {
        DENO_DIR: `${this.#root}/.deno`,
        HOME: this.#root,
        JSR_URL: registries.jsr,
        NPM_CONFIG_REGISTRY: registries.npm,
        NO_COLOR: "1",
      },
    }).output();
    const decoder = new TextDecoder();
    return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#root, { recursive: true });
  }
}

/** A web server on loopback that knows some paths. */
class Registry implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly requested: string[] = [];

  constructor(pages: Record<string, string>) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      (request) => {
        const { pathname } = new URL(request.url);
        this.requested.push(pathname);
        const page = pages[pathname];
        return page === undefined
          ? new Response(null, { status: 404 })
          : new Response(page);
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}/`;
  }

  /** The folder in vendor/ that stands for this registry. */
  get folder(): string {
    return `vendor/http_127.0.0.1_${this.#server.addr.port}/@std`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

const FILE = `export const origin: string = "JSR";\n`;

/** The pages of JSR about a package with one file. */
const JSR_PAGES = {
  "/@std/bytes/meta.json": JSON.stringify({
    scope: "std",
    name: "bytes",
    latest: "1.0.6",
    versions: { "1.0.6": {} },
  }),
  "/@std/bytes/1.0.6_meta.json": JSON.stringify({
    exports: { ".": "./mod.ts" },
    manifest: {
      "/mod.ts": {
        size: FILE.length,
        checksum:
          "sha256-dc3d9d2d1c3bd5c86e169f41874552cb70748449ecc75604e1dd5df81f4dcf71",
      },
    },
  }),
  "/@std/bytes/1.0.6/mod.ts": FILE,
};

Deno.test("setup is silent when JSR answers, and then needs no network", async () => {
  await using project = await Project.create();
  await using jsr = new Registry(JSR_PAGES);
  await using npm = new Registry({});
  const registries = { jsr: jsr.url, npm: npm.url };

  // What an interrupted run of Deno left is not taken as complete.
  await project.write(`${jsr.folder}/bytes/meta.json`, "{");
  const silent = { code: 0, out: "", err: "" };
  assertEquals(await project.run("scripts/setup.ts", registries), silent);
  assertEquals(await project.list(`${jsr.folder}/bytes/1.0.6`), ["mod.ts"]);

  jsr.requested.length = 0;
  assertEquals(await project.run("scripts/setup.ts", registries), silent);
  assertEquals(
    await project.run("main.ts", registries),
    { code: 0, out: "JSR\n", err: "" },
  );
  assertEquals(jsr.requested, []);
  assertEquals(npm.requested, []);
});

Deno.test("setup names both registries when neither answers, and leaves nothing", async () => {
  await using project = await Project.create();
  await using jsr = new Registry({});
  await using npm = new Registry({});

  const { code, err } = await project.run("scripts/setup.ts", {
    jsr: jsr.url,
    npm: npm.url,
  });

  assertEquals(code, 1);
  assertMatch(
    err,
    /^Cannot set up @std\/bytes: neither registry answers as wanted\n {2}JSR: it answers with status 404\n {2}npm \(deno-std [\d.]+\): /,
  );
  assertEquals(await project.list(jsr.folder.replace("/@std", "")), []);
});

Deno.test("setup refuses an npm package that is not the one it knows", async () => {
  await using project = await Project.create();
  await using jsr = new Registry({});
  await using npm = new Registry({
    "/deno-std/-/deno-std-1.4.0.tgz": "something else",
  });

  const { code, err } = await project.run("scripts/setup.ts", {
    jsr: jsr.url,
    npm: npm.url,
  });

  assertEquals(code, 1);
  assertMatch(err, /Tarball checksum did not match/);
  assertEquals(await project.list(jsr.folder), []);
});
