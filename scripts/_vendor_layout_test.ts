import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  exportName,
  requirements,
  satisfies,
  toJsr,
  vendorFolder,
  versionMeta,
} from "./_vendor_layout.ts";

Deno.test("only std packages from JSR are required", () => {
  assertEquals(
    requirements({
      "@std/assert": "jsr:@std/assert@^1.0.13",
      "structures": "jsr:@std/data-structures@^1.0.8/deque",
      "other": "jsr:@other/package@^1.0.0",
      "fast-check": "npm:fast-check@4.10.0",
    }),
    [
      { name: "assert", range: "^1.0.13" },
      { name: "data-structures", range: "^1.0.8" },
    ],
  );
});

Deno.test("a version satisfies a caret range from its lower end to the next major", () => {
  for (const range of ["^1", "^1.4", "^1.4.0", "^1.0.13", "^1.3.9"]) {
    assert(satisfies("1.4.0", range), range);
  }
  for (const range of ["^1.4.1", "^1.5", "^2.0.0", "^0.4.0", "1.4.0", "*"]) {
    assert(!satisfies("1.4.0", range), range);
  }
});

Deno.test("files are exported under the names that JSR uses", () => {
  assertEquals(exportName("mod.js"), ".");
  assertEquals(exportName("almost_equals.js"), "./almost-equals");
  assertEquals(exportName("posix/mod.js"), "./posix");
  assertEquals(exportName("posix/from_file_url.js"), "./posix/from-file-url");
  assertEquals(exportName("_types.js"), undefined);
  assertEquals(exportName("_common/format.js"), undefined);
});

Deno.test("a registry has the folder in which Deno looks for it", () => {
  assertEquals(vendorFolder(new URL("https://jsr.example/")), "jsr.example");
  assertEquals(
    vendorFolder(new URL("http://127.0.0.1:80/")),
    "http_127.0.0.1",
  );
  assertEquals(
    vendorFolder(new URL("http://127.0.0.1:8080/")),
    "http_127.0.0.1_8080",
  );
});

Deno.test("imports of another package become imports from JSR", () => {
  const files = new Map([
    [
      "mod.js",
      `/**
 * @param text The text.
 * import { red } from "../fmt/colors.js";
 */
import { a } from "./a.js";
import { format } from "../internal/build_message.js";
import {
  Deque,
} from "../data_structures/mod.js";
export * from "../fmt/colors.js";
`,
    ],
    ["posix/a.js", `import { b } from "../_b.js";\n`],
  ]);

  const made = toJsr("path", "1.4.0", files);

  assertEquals(
    made.files.get("mod.js"),
    `/**
 * text The text.
 * import { red } from "../fmt/colors.js";
 */
import { a } from "./a.js";
import { format } from "jsr:@std/internal@1.4.0/build-message";
import {
  Deque,
} from "jsr:@std/data-structures@1.4.0";
export * from "jsr:@std/fmt@1.4.0/colors";
`,
  );
  assertEquals(made.files.get("posix/a.js"), files.get("posix/a.js"));
  assertEquals(made.needs, new Set(["internal", "data-structures", "fmt"]));
  assertEquals(made.exports, { ".": "./mod.js", "./posix/a": "./posix/a.js" });
});

Deno.test("a name too long for vendor/ is cut wherever it is used", () => {
  const made = toJsr(
    "streams",
    "1.4.0",
    new Map([
      ["limited_bytes_transform_stream.js", ""],
      ["mod.js", `export * from "./limited_bytes_transform_stream.js";\n`],
    ]),
  );
  const cut = "limited_bytes_transform_st.js";
  assertEquals(made.files.get(cut), "");
  assertEquals(made.files.get("mod.js"), `export * from "./${cut}";\n`);
  assertEquals(
    made.exports["./limited-bytes-transform-stream"],
    `./${cut}`,
  );
});

Deno.test("what cannot be rewritten is refused", () => {
  assertThrows(
    () =>
      toJsr(
        "bytes",
        "1.4.0",
        new Map([[
          "mod.js",
          `import "../x.js";\nimport { a } from "../fmt/_a.js";`,
        ]]),
      ),
    Error,
    "Cannot rewrite bytes/mod.js: it imports ../fmt/_a.js, which @std/fmt does not export",
  );
  assertThrows(
    () =>
      toJsr(
        "bytes",
        "1.4.0",
        new Map([
          ["limited_bytes_transform_stream.js", ""],
          ["limited_bytes_transform_streams.js", ""],
        ]),
      ),
    Error,
    "limited_bytes_transform_st.js is taken",
  );
});

Deno.test("the description of a version has exports, sizes and checksums", async () => {
  const made = toJsr("bytes", "1.4.0", new Map([["mod.js", "ä\n"]]));
  assertEquals(await versionMeta(made), {
    exports: { ".": "./mod.js" },
    manifest: {
      "/mod.js": {
        size: 3,
        checksum:
          "sha256-ac6f010e65c9ea739dbdaa21427edd5ef60c6d461ef4d619c003e3ab62453a56",
      },
    },
  });
});
