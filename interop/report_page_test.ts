/**
 * Tests the page of conformance reports in Chromium: addresses, and the keyboard.
 *
 * @module
 */

import { type Report, REPORTS } from "@gotalk/conformance";
import { assertEquals, assertMatch } from "@std/assert";
import { needing } from "../scripts/find_program.ts";
import { Browser, type Page } from "./_browser.ts";
import { CHROMIUM } from "./_chromium.ts";

const IDS = ["codec/a/one", "codec/a/two", "session/b/one", "session/b/two"];

/** A report in which one case has a verdict, and the others pass. */
function report(name: string, verdict: "fail" | "pass"): Report {
  const implementation = { name, version: "1", language: "x" };
  return {
    schema: 1,
    corpus: { version: "1.0.0" },
    implementation,
    description: {
      implementation,
      roles: {},
      versions: ["01"],
      operations: [],
      limits: { name: 1, payload: 1 },
      features: [],
    },
    started: "2026-11-25T12:00:00.000Z",
    duration: 1,
    options: { level: "must", seed: 1, jobs: 1 },
    command: "run",
    results: IDS.map((id) => ({
      name: `${id}/encode`,
      id,
      suite: id.split("/")[0]!,
      level: "must",
      title: `Title of ${id}`,
      spec: ["request/answered"],
      verdict: id === "session/b/one" ? verdict : "pass",
      gated: true,
      duration: 1,
    })),
    stale: [],
    statements: [
      {
        id: "request/answered",
        level: "must",
        passed: 1,
        failed: 1,
        tested: true,
      },
    ],
    status: 0,
  };
}

/** Presses a key. */
async function press(page: Page, key: string): Promise<void> {
  const windowsVirtualKeyCode = key === "Enter" ? 13 : 0;
  const text = key === "Enter" ? "\r" : undefined;
  const event = { key, code: key, windowsVirtualKeyCode, text };
  await page.send("Input.dispatchKeyEvent", { type: "keyDown", ...event });
  await page.send("Input.dispatchKeyEvent", { type: "keyUp", ...event });
}

/** Returns the row and the column that have the focus. */
async function focused(page: Page): Promise<unknown> {
  return await page.evaluate(`(() => {
    const cell = document.activeElement;
    return cell.closest("tr")?.dataset.id + " " + cell.dataset.column;
  })()`);
}

/** Returns the address behind `#` once it is `wanted` and the page has followed it, or what it is after 10 seconds. */
async function hash(page: Page, wanted: string): Promise<unknown> {
  return await page.evaluate(
    `new Promise((done) => {
      const end = performance.now() + 10_000;
      const look = () =>
        location.hash === ${JSON.stringify(wanted)} || performance.now() > end
          ? done(location.hash)
          : setTimeout(look);
      setTimeout(look);
    })`,
  );
}

const SHOWN = `[...document.querySelectorAll("[data-view]:not([hidden]) tr")]
  .filter((row) => row.dataset.id && row.checkVisibility())
  .map((row) => row.dataset.id)`;

const OPENED = `document.querySelector("dialog[open] h1")?.textContent`;

Deno.test(needing({ Chromium: CHROMIUM }, {
  name:
    "the page of reports has addresses, and cells that the keyboard reaches",
  async fn(t) {
    const file = await Deno.makeTempFile({ suffix: ".html" });
    await using _cleanup = {
      [Symbol.asyncDispose]: () => Deno.remove(file),
    };
    await Deno.writeTextFile(
      file,
      REPORTS.html.make([report("good", "pass"), report("bad", "fail")]),
    );
    await using browser = await Browser.start();
    const address = `file://${file}`;

    await t.step("an address has filters", async () => {
      await using page = await browser.open(
        `${address}#text=session&verdict=fail`,
      );
      assertEquals(await page.evaluate(SHOWN), ["session/b/one"]);
      await page.evaluate(`location.hash = "#view=statements"`);
      const wanted = "#view=statements";
      assertEquals(await hash(page, wanted), wanted);
      assertEquals(await page.evaluate(SHOWN), ["request/answered"]);
    });

    await t.step("an address opens a cell or a case", async () => {
      await using page = await browser.open(
        `${address}#case=session/b/one&at=2`,
      );
      assertEquals(await page.evaluate(OPENED), "session/b/one");
      const text = `document.querySelector("dialog").innerText`;
      assertMatch(
        `${await page.evaluate(text)}`,
        /request\/answered \(must\)\n.+/,
      );
      assertMatch(`${await page.evaluate(text)}`, /bad: 1 fail/);
      assertMatch(
        `${await page.evaluate(text)}`,
        /run --run session\/b\/one\/encode/,
      );
      assertEquals(/good:/.test(`${await page.evaluate(text)}`), false);
      await page.evaluate(`location.hash = "#case=session/b/one"`);
      await hash(page, "#case=session/b/one");
      assertMatch(
        `${await page.evaluate(text)}`,
        /good: 1 pass[^]+bad: 1 fail/,
      );
    });

    await t.step(
      "arrow keys move between cells, and Enter opens one",
      async () => {
        await using page = await browser.open(address);
        await page.evaluate(
          `document.querySelector("[role=grid] [tabindex='0']").focus()`,
        );
        assertEquals(await focused(page), "codec/a/one 1");
        const moves = [
          ["ArrowDown", "codec/a/two 1"],
          ["ArrowRight", "codec/a/two 2"],
          ["PageDown", "session/b/two 2"],
          ["ArrowUp", "session/b/one 2"],
          ["Home", "session/b/one 0"],
          ["End", "session/b/one 2"],
        ] as const;
        for (const [key, wanted] of moves) {
          await press(page, key);
          assertEquals(await focused(page), wanted, key);
        }
        await press(page, "Enter");
        const opened = "#case=session/b/one&at=2";
        assertEquals(await hash(page, opened), opened);
        assertEquals(await page.evaluate(OPENED), "session/b/one");
        await page.evaluate(`document.querySelector("dialog").close()`);
        assertEquals(await hash(page, ""), "");
        assertEquals(await focused(page), "session/b/one 2");
      },
    );

    await t.step("a narrow window shows all of it", async () => {
      await using page = await browser.open("about:blank");
      await page.send("Emulation.setDeviceMetricsOverride", {
        width: 390,
        height: 800,
        deviceScaleFactor: 1,
        mobile: true,
      });
      for (const view of ["cases", "statements", "implementations"]) {
        await page.navigate(`${address}?${view}#view=${view}`);
        assertEquals(
          await page.evaluate("document.documentElement.scrollWidth"),
          390,
          view,
        );
      }
    });
  },
}));
