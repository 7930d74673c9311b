/**
 * Tests the chat in Chromium: pages of two servers that share their rooms over
 * NATS.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { startChat } from "../examples/chat/server.ts";
import { needing } from "../scripts/find_program.ts";
import { Browser, type Page } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";
import { DATA_SERVERS, DataServer } from "./_data_server.ts";

/** The maximum duration, in milliseconds. */
const TIMEOUT = 120_000;

/** Opens the page of a chat, and enters a name. */
async function enter(
  browser: Browser,
  address: string,
  name: string,
): Promise<Page> {
  const page = await browser.open(address);
  await until(page, `document.querySelector("#welcome")?.open`);
  await page.evaluate(`document.querySelector("#name").value = "${name}"`);
  // Focus is no mutation that one could wait for.
  await page.evaluate(`new Promise((closed) => {
    document.querySelector("#welcome").addEventListener("close", closed);
    document.querySelector("#welcome button").click();
  }).then(() => {})`);
  await until(
    page,
    `document.querySelector("#people").textContent.includes("${name} (you)")`,
  );
  // Where one goes on without a mouse, and which room assistive technology names.
  assertEquals(await page.evaluate(`document.activeElement.id`), "text");
  assertEquals(
    await page.evaluate(
      `document.querySelector("nav [aria-current=page]")?.textContent`,
    ),
    "general",
  );
  return page;
}

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

async function say(page: Page, text: string): Promise<void> {
  await page.evaluate(`document.querySelector("#text").value = "${text}"`);
  await page.evaluate(`document.querySelector("#say").requestSubmit()`);
}

function hasSaid(text: string): string {
  return `document.querySelector("#messages").textContent.includes("${text}")`;
}

Deno.test(needing(
  { chromium: CHROMIUM, "nats-server": DATA_SERVERS["nats-server"] },
  {
    name: "two pages chat through two servers over NATS",
    timeout: TIMEOUT,
    async fn() {
      await using nats = await DataServer.start("nats-server");
      const options = { nats: `127.0.0.1:${nats.port}` };
      await using first = await startChat(options);
      await using second = await startChat(options);
      await using browser = await Browser.start();
      await using ali = await enter(browser, first.address, "Ali");
      await using bea = await enter(browser, second.address, "Bea");

      await say(ali, "hello");
      await until(bea, hasSaid("hello"));
      await say(bea, "<b>hi</b>");
      await until(ali, hasSaid("<b>hi</b>"));
      assertEquals(
        await ali.evaluate(`document.querySelectorAll("#messages b").length`),
        0,
      );

      await ali.evaluate(`document.querySelector("#text").value = "so"`);
      await ali.evaluate(
        `document.querySelector("#text").dispatchEvent(new Event("input"))`,
      );
      await until(
        bea,
        `document.querySelector("#typing").textContent === "Ali is typing…"`,
      );

      await until(ali, `document.querySelector("[aria-label='Wave at Bea']")`);
      await ali.evaluate(
        `document.querySelector("[aria-label='Wave at Bea']").click()`,
      );
      await until(bea, `document.querySelector(".toast button")`);
      await bea.evaluate(`document.querySelector(".toast button").click()`);
      await until(
        ali,
        `document.querySelector("#toasts").textContent.includes("Bea waves back")`,
      );

      await ali.evaluate(`{
        const files = new DataTransfer();
        files.items.add(new File(["x".repeat(500_000)], "notes.txt", { type: "text/plain" }));
        const input = document.querySelector("#file");
        input.files = files.files;
        input.dispatchEvent(new Event("change"));
      }`);
      await until(bea, `document.querySelector(".file")`);
      const url = await bea.evaluate(`document.querySelector(".file").href`);
      const response = await fetch(String(url));
      assertEquals((await response.bytes()).byteLength, 500_000);

      await ali.evaluate(`{
        const files = new DataTransfer();
        files.items.add(new File([new Uint8Array(21 * 1024 * 1024)], "large"));
        const input = document.querySelector("#file");
        input.files = files.files;
        input.dispatchEvent(new Event("change"));
      }`);
      await until(
        ali,
        `document.querySelector("#problem").textContent !== ""`,
      );
      assertEquals(
        await ali.evaluate(`document.querySelector("#problem").textContent`),
        "the file is too large",
      );

      // A page that comes later has what was said before.
      await using cem = await enter(browser, second.address, "Cem");
      await until(cem, hasSaid("hello"));
      await until(bea, `document.querySelector("#count").textContent === "3"`);
    },
  },
));

Deno.test(needing({ chromium: CHROMIUM }, {
  name:
    "a page of the chat is in its room again when it or its server restarts, and shows when it is offline",
  timeout: TIMEOUT,
  async fn() {
    const first = await startChat();
    await using browser = await Browser.start();
    await using ali = await enter(browser, first.address, "Ali");
    await first[Symbol.asyncDispose]();
    const port = Number(new URL(first.address).port);
    await using second = await startChat({ port });
    await say(ali, "after a restart");
    await until(ali, hasSaid("after a restart"));

    const state = (text: string) =>
      `document.querySelector("#state").textContent === "${text}"`;
    await ali.setOffline(true);
    await until(ali, state("Offline"));
    await ali.setOffline(false);
    await until(ali, state("Connected"));

    await ali.navigate(second.address);
    await until(ali, hasSaid("after a restart"));
    await until(
      ali,
      `document.querySelector("#people").textContent.includes("Ali (you)")`,
    );
  },
}));
