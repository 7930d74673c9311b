import { assertEquals } from "@std/assert";
import { connect, Handlers } from "@gotalk/gotalk";
import { pageHandler } from "./browser.ts";

/** The part of a page that its script uses. */
class FakePage {
  readonly title = "Gotalk in a browser";
  readonly button: EventTarget = new EventTarget();
  /** The texts that the page has displayed, in order. */
  readonly #displayed: ReadableStreamDefaultReader<string>;
  readonly #output: { textContent: string };

  constructor() {
    const { readable, writable } = new TransformStream<string, string>(
      undefined,
      undefined,
      { highWaterMark: 16 },
    );
    const writer = writable.getWriter();
    this.#displayed = readable.getReader();
    this.#output = {
      set textContent(text: string) {
        void writer.write(text);
      },
    };
  }

  querySelector(name: "button" | "output"): unknown {
    return name === "button" ? this.button : this.#output;
  }

  /** Returns the next text that the page displays. */
  async nextText(): Promise<string | undefined> {
    return (await this.#displayed.read()).value;
  }
}

Deno.test("a page exchanges requests and notifications with its server", async () => {
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
    await document.nextText(),
    "Hello Rasmus on “Gotalk in a browser”",
  );

  const { promise: presses, resolve } = Promise.withResolvers<unknown>();
  const handlers = new Handlers().onNotification("presses", resolve);
  await using other = await connect(`${address}/gotalk`, { handlers });
  document.button.dispatchEvent(new Event("click"));
  assertEquals(await document.nextText(), "Pressed 1 times on all pages");
  assertEquals(await presses, 1);

  globalThis.dispatchEvent(new Event("pagehide"));
  await other.close();
});
