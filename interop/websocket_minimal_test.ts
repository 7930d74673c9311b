/**
 * Tests the smallest example of a page in Chromium.
 *
 * @module
 */

import { needing } from "../scripts/find_program.ts";
import { Program } from "../examples/testing/program.ts";
import { Browser } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";

Deno.test(needing({ chromium: CHROMIUM }, {
  name: "the page of websocket_minimal.ts and its server call each other",
  timeout: 60_000,
  async fn() {
    const example = new URL(
      "../examples/websocket_minimal.ts",
      import.meta.url,
    );
    await using server = new Program(example, { args: ["0"] });
    const address = await server.address();
    await using browser = await Browser.start();
    await using page = await browser.open(address);
    const greeting = `Hello page at ${new URL(address).host}`;
    await page.evaluate(`new Promise((done) => {
      const check = () => document.body?.textContent.includes("${greeting}") && done();
      new MutationObserver(check).observe(document, { subtree: true, childList: true });
      check();
    })`);
  },
}));
