import { assertEquals, assertRejects } from "@std/assert";
import { findProgram, needing } from "../../scripts/find_program.ts";
import { startAdapter } from "./adapter_protocol/start_adapter.ts";
import {
  isTemplateLanguage,
  type TemplateLanguage,
  TEMPLATES,
  writeTemplate,
} from "./init.ts";
import { AdapterError, SkippedError } from "./implementation.ts";

/** How long it may take to build and to start an adapter, in milliseconds. */
const BOUND = 120_000;

/** What has to be there for an adapter, what builds it, and what starts it: `@` is its folder. */
interface Recipe {
  readonly program: readonly [string, ...string[]];
  readonly build?: readonly string[];
  readonly start: string;
}

const RECIPES: Readonly<Record<TemplateLanguage, Recipe>> = {
  deno: {
    program: [Deno.execPath(), "--version"],
    start: `${Deno.execPath()} run -A @/adapter.ts`,
  },
  go: {
    program: ["go", "version"],
    build: ["build", "-buildvcs=false", "-o", "adapter", "."],
    start: "@/adapter",
  },
  node: { program: ["node", "--version"], start: "node @/adapter.mjs" },
  python: {
    program: ["python3", "--version"],
    start: "python3 -B @/adapter.py",
  },
  rust: {
    program: ["rustc", "--version"],
    build: ["--edition=2021", "-o", "adapter", "src/main.rs"],
    start: "@/adapter",
  },
};

for (const language of Object.keys(TEMPLATES) as TemplateLanguage[]) {
  const { program: [program, ...harmless], build, start } = RECIPES[language];
  const found = await findProgram([program], ...harmless);
  Deno.test(needing({ [program]: found }, {
    name: `writeTemplate gives an adapter in ${language} that answers`,
    timeout: BOUND,
    fn: async () => {
      await using folder = await temporary();
      await writeTemplate(language, folder.path);
      if (build !== undefined) {
        const { success } = await new Deno.Command(program, {
          args: [...build],
          cwd: folder.path,
        }).spawn().status;
        assertEquals(success, true);
      }
      await using adapter = await startAdapter(
        start.replace("@", folder.path),
        { strict: true },
      );
      const { implementation, features } = await adapter.ask("start", {
        protocol: 1,
      });
      assertEquals([implementation.name, features], ["my-gotalk", []]);
      const chunks = [new Uint8Array(0)];
      await assertRejects(
        () => adapter.ask("decode", { chunks }),
        SkippedError,
      );
      await assertRejects(() => adapter.ask("encode", {}), SkippedError);
      await adapter.ask("reset", {});
      const wrong = { protocol: 2 } as unknown as { protocol: 1 };
      await assertRejects(() => adapter.ask("start", wrong), AdapterError);
    },
  }));
}

Deno.test("writeTemplate overwrites nothing", async () => {
  await using folder = await temporary();
  const path = `${folder.path}/main.go`;
  await Deno.writeTextFile(path, "mine");
  await assertRejects(
    () => writeTemplate("go", folder.path),
    Error,
    `${path} exists`,
  );
  assertEquals(await Deno.readTextFile(path), "mine");
  assertEquals(Array.from(Deno.readDirSync(folder.path)).length, 1);
});

Deno.test("TEMPLATES lists every file of every template", async () => {
  const here = new URL("../implementations/templates/", import.meta.url);
  const languages = Array.from(Deno.readDirSync(here), ({ name }) => name);
  assertEquals(languages.sort(), Object.keys(TEMPLATES));
  for (const language of languages) {
    assertEquals(isTemplateLanguage(language), true);
    const files = await filesBelow(new URL(`${language}/`, here));
    assertEquals(files.sort(), [...TEMPLATES[language as TemplateLanguage]]);
  }
  assertEquals(isTemplateLanguage("toString"), false);
});

async function filesBelow(folder: URL, above = ""): Promise<string[]> {
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    files.push(
      ...isDirectory
        ? await filesBelow(new URL(`${name}/`, folder), `${above}${name}/`)
        : [above + name],
    );
  }
  return files;
}

/** A folder that is removed when it is disposed of. */
async function temporary(): Promise<AsyncDisposable & { path: string }> {
  const path = await Deno.makeTempDir({ prefix: "gotalk-template-" });
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}
