/**
 * Tests the page of a tap in Chromium.
 *
 * @module
 */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { connect, Handlers, serve } from "@gotalk/gotalk";
import { RunningProgram } from "../cli/testing/program.ts";
import { needing } from "../scripts/find_program.ts";
import { Browser, type Page } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";

/** The maximum duration, in milliseconds. */
const TIMEOUT = 120_000;

/** Waits until an expression is true in a page, after any change of it. */
async function until(page: Page, expression: string): Promise<void> {
  await page.evaluate(`new Promise((done) => {
    const check = () => ${expression} && (observer.disconnect(), done());
    const observer = new MutationObserver(check);
    observer.observe(document, {
      subtree: true, childList: true, attributes: true, characterData: true,
    });
    check();
  })`);
}

const ROWS = `[...document.querySelectorAll("li:not([hidden]) .what")]`;

function hasRow(text: string): string {
  return `${ROWS}.some((row) => row.textContent.includes("${text}"))`;
}

Deno.test(needing({ chromium: CHROMIUM }, {
  name: "the page of a tap shows what passes, filters it, and shows payloads",
  timeout: TIMEOUT,
  async fn() {
    const handlers = new Handlers()
      .handle("greet", ({ name }: { name: string }) => `Hello ${name}`)
      .onNotification("seen", () => {});
    await using server = await serve({ port: 0 }, handlers);
    await using tap = new RunningProgram([
      "tap",
      "tcp://127.0.0.1:0",
      server.address,
      "--web",
    ]);
    const address = (await tap.line())!.replace("listening at ", "");
    const url = (await tap.line())!.replace("page at ", "");
    await using peer = await connect(address);
    await peer.request("greet", { name: "<b>early</b>" });

    await using browser = await Browser.start();
    await using page = await browser.open(url);
    // What passed before is there, with its time, and is no HTML.
    await until(page, hasRow("SingleResult 0000"));
    await peer.notify("seen", 7);
    await peer.request("nope").catch(() => {});
    await until(page, hasRow("ErrorResult"));
    assertEquals(await page.evaluate(hasRow("seen")), true);
    assertEquals(await page.evaluate(hasRow("Heartbeat")), false);
    await page.evaluate(`document.querySelector("#beats").click()`);
    assertEquals(await page.evaluate(hasRow("Heartbeat")), true);

    await page.evaluate(
      `${ROWS}.find((row) => row.textContent.includes("greet")).click()`,
    );
    const payload = `${await page.evaluate(
      `document.querySelector("aside pre").textContent`,
    )}`;
    assertEquals(JSON.parse(payload), { name: "<b>early</b>" });

    await page.evaluate(`{
      const filter = document.querySelector("#filter");
      filter.value = "SEEN";
      filter.dispatchEvent(new Event("input"));
    }`);
    assertEquals(await page.evaluate(`${ROWS}.length`), 1);
    const shown = `${await page.evaluate(`${ROWS}[0].textContent`)}`;
    assertStringIncludes(shown, "seen Notification · 1 byte");

    // A page of another site may have its name resolve to a loopback address.
    const port = new URL(url).port;
    const raw = await Deno.connect({ hostname: "127.0.0.1", port: +port });
    await raw.write(
      new TextEncoder().encode("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"),
    );
    const answer = new Uint8Array(100);
    await raw.read(answer);
    raw.close();
    assertStringIncludes(new TextDecoder().decode(answer), " 421 ");
  },
}));
