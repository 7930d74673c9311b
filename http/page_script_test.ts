/**
 * Tests the script for pages as handlers hand it out.
 *
 * @module
 */

import {
  fetchHandler,
  Handlers,
  httpHandler,
  upgradeHandler,
} from "@gotalk/gotalk";
import { assert, assertEquals, assertMatch } from "@std/assert";
import { brotliDecompressSync, gunzipSync } from "node:zlib";

const handlers = new Handlers()
  .handle("greet", (name: string) => `Hello ${name}`)
  .handleText("gotalk.js", (input) => `called with ${input}`);

const ADDRESS = "https://example.com/api/gotalk.js";

type Handle = (request: Request) => Promise<Response>;

/** Each kind of handler, which must be closed. */
const HANDLERS: Readonly<Record<string, () => Handle & AsyncDisposable>> = {
  upgradeHandler: () => upgradeHandler(handlers),
  httpHandler: () => httpHandler(handlers),
  fetchHandler: () => fetchHandler(handlers),
};

function get(
  headers: HeadersInit = {},
  address = ADDRESS,
  method = "GET",
): Request {
  return new Request(address, { headers, method });
}

for (const [name, create] of Object.entries(HANDLERS)) {
  Deno.test(`${name} hands out the script, compressed as the client accepts it`, async () => {
    await using handle = create();
    const plain = await handle(get());
    const { headers } = plain;
    assertEquals(plain.status, 200);
    assertEquals(
      headers.get("content-type"),
      "text/javascript; charset=utf-8",
    );
    assertEquals(headers.get("cache-control"), "no-cache");
    assertEquals(headers.get("vary"), "accept-encoding");
    assertEquals(headers.get("x-content-type-options"), "nosniff");
    assertEquals(headers.get("access-control-allow-origin"), "*");
    assertEquals(headers.get("content-encoding"), null);
    const text = await plain.text();
    assertMatch(text, /\/\/# sourceMappingURL=gotalk\.js\.map\s*$/);

    const gzip = await handle(get({ "accept-encoding": "gzip, deflate" }));
    assertEquals(gzip.headers.get("content-encoding"), "gzip");
    assertEquals(gunzipSync(await gzip.bytes()).toString(), text);

    const all = { "accept-encoding": "gzip, deflate, br, zstd" };
    const br = await handle(get(all));
    assertEquals(br.headers.get("content-encoding"), "br");
    const bytes = await br.bytes();
    assertEquals(br.headers.get("content-length"), `${bytes.byteLength}`);
    assertEquals(brotliDecompressSync(bytes).toString(), text);

    const refused = { "accept-encoding": "br;q=0, gzip;q=0.0, *" };
    const none = await handle(get(refused));
    assertEquals(none.headers.get("content-encoding"), null);
    assertEquals(await none.text(), text);

    const tags = [plain, gzip, br].map(({ headers }) => headers.get("etag"));
    assertEquals(new Set(tags).size, 3);
  });

  Deno.test(`${name} answers 304 to who has the script, and HEAD without a body`, async () => {
    await using handle = create();
    const gzip = { "accept-encoding": "gzip" };
    const head = await handle(get(gzip, `${ADDRESS}?v=1`, "HEAD"));
    assertEquals(head.status, 200);
    assertEquals(head.body, null);
    assert(Number(head.headers.get("content-length")) > 1_000);
    const etag = head.headers.get("etag")!;
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const known = await handle(get({ ...gzip, "if-none-match": tags }));
      assertEquals([known.status, known.body], [304, null], tags);
      assertEquals(known.headers.get("etag"), etag);
    }
    const other = await handle(get({ "if-none-match": `"other", ${etag}` }));
    assertEquals(other.status, 200);
    await other.body?.cancel();
  });

  Deno.test(`${name} hands out the source map`, async () => {
    await using handle = create();
    const response = await handle(get({}, `${ADDRESS}.map`));
    assertEquals(response.headers.get("content-type"), "application/json");
    const { sources } = await response.json();
    assert(sources.includes("page/connect.ts"), sources.join());
  });
}

Deno.test("nothing but GET and HEAD of that name is taken for the script, and nothing without the option", async () => {
  await using handle = fetchHandler(handlers);
  const called = await handle(
    new Request(ADDRESS, {
      method: "POST",
      headers: { "content-type": "text/plain" },
      body: "this",
    }),
  );
  assertEquals(await called.text(), "called with this");
  for (const path of ["xgotalk.js", "gotalk.js/", "gotalk.jsx"]) {
    const { status, body } = await handle(
      get({}, `https://example.com/${path}`),
    );
    await body?.cancel();
    assert(status >= 400, path);
  }
  for (
    const none of [
      upgradeHandler(handlers, { script: false }),
      httpHandler(handlers, { script: false }),
      fetchHandler(handlers, { script: false }),
    ]
  ) {
    await using handle: Handle & AsyncDisposable = none;
    const { status, body } = await handle(get());
    await body?.cancel();
    assert(status >= 400, `${status}`);
  }
});
