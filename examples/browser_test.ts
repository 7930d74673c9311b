import { assertEquals } from "@std/assert";
import { connect, Handlers } from "@gotalk/gotalk";
import { pageHandler } from "./browser.ts";

/** As much of a page as its script uses. */
class FakePage {
  readonly title = "Gotalk in a browser";
  readonly button: EventTarget = new EventTarget();
  /** What the page showed, in order. */
  readonly #shown: ReadableStreamDefaultReader<string>;
  readonly #output: { textContent: string };

  constructor() {
    const { readable, writable } = new TransformStream<string, string>(
      undefined,
      undefined,
      { highWaterMark: 16 },
    );
    const writer = writable.getWriter();
    this.#shown = readable.getReader();
    this.#output = {
      set textContent(text: string) {
        void writer.write(text);
      },
    };
  }

  querySelector(name: "button" | "output"): unknown {
    return name === "button" ? this.button : this.#output;
  }

  /** The next thing that the page shows. */
  async shows(): Promise<string | undefined> {
    return (await this.#shown.read()).value;
  }
}

Deno.test("a page in a browser talks with the server that it comes from", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    await pageHandler(),
  );
  const address = `http://127.0.0.1:${server.addr.port}`;

  const html = await fetch(address);
  assertEquals(html.headers.get("content-type"), "text/html; charset=utf-8");
  assertEquals(
    (await html.text()).match(/<script type="module" src="(.*)">/)?.[1],
    "/page.js",
  );
  const none = await fetch(`${address}/none`);
  assertEquals([none.status, await none.text()], [404, "Not found"]);
  const script = await (await fetch(`${address}/page.js`)).text();

  const document = new FakePage();
  Object.assign(globalThis, { document, location: new URL(address) });
  await import(`data:text/javascript,${encodeURIComponent(script)}`);
  assertEquals(
    await document.shows(),
    "Hello Rasmus on “Gotalk in a browser”",
  );

  const { promise: told, resolve } = Promise.withResolvers<unknown>();
  const handlers = new Handlers().onNotification("presses", resolve);
  await using other = await connect(`${address}/gotalk`, { handlers });
  document.button.dispatchEvent(new Event("click"));
  assertEquals(await document.shows(), "Pressed 1 times on all pages");
  assertEquals(await told, 1);

  globalThis.dispatchEvent(new Event("pagehide"));
  await other.close();
});
