/**
 * Serves the page of a tap: what passes goes to it over Gotalk.
 *
 * @module
 */

import { Handlers, upgradeHandler } from "@gotalk/gotalk";
import type { Message } from "@gotalk/gotalk/codec";
import type { TapEntry } from "@gotalk/gotalk/tap";
import { TAP_PAGE, TAP_SCRIPT, TAP_STYLE } from "./_tap_page.ts";

/** What is served besides the script of Gotalk, by its path: the kind of text, and the text. */
const FILES: Readonly<Record<string, readonly [type: string, text: string]>> = {
  "/": ["html", TAP_PAGE],
  "/tap.css": ["css", TAP_STYLE],
  "/tap.js": ["javascript", TAP_SCRIPT],
};

/** What the page may load: nothing inline, so that no payload becomes a script. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** How many entries are kept for pages that are opened later. */
const KEPT = 2_000;

/** How much of each payload a page receives, in bytes. */
const SHOWN = 16 * 1024;

/** The page of a tap. Disposing of it ends it. */
export interface TapPage extends AsyncDisposable {
  /** The URL of the page. */
  readonly address: string;
  /** Shows an entry. */
  readonly add: (entry: TapEntry) => void;
}

/** An entry as the page receives it. */
interface Shown extends Omit<TapEntry, "message"> {
  readonly number: number;
  readonly kind?: Message["kind"];
  readonly id?: string;
  readonly name?: string;
  readonly size?: number;
  /** The beginning of the payload, in base64. */
  readonly payload?: string;
}

/** Serves the page at a free port of the loopback interface. */
export function openTapPage(): TapPage {
  const kept: Shown[] = [];
  const waiting = new Set<() => void>();
  let count = 0;
  const handlers = new Handlers().handleValues(
    "entries",
    async function* (_: unknown, { signal }) {
      let wake = () => {};
      signal.addEventListener("abort", () => wake(), { once: true });
      for (let next = 0;;) {
        // What a slow page has missed is gone.
        for (const entry of kept.filter(({ number }) => number >= next)) {
          next = entry.number + 1;
          yield entry;
        }
        if (next >= count && !signal.aborted) {
          const { promise, resolve } = Promise.withResolvers<void>();
          wake = resolve;
          waiting.add(resolve);
          await promise;
          waiting.delete(resolve);
        }
        if (signal.aborted) return;
      }
    },
    { subscription: true },
  );
  const gotalk = upgradeHandler(handlers, { onEvent() {} });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request, info) => {
      const { hostname, pathname } = new URL(request.url);
      // A page of another site may have its name resolve to a loopback address.
      if (!["127.0.0.1", "localhost"].includes(hostname)) {
        return new Response("wrong host", { status: 421 });
      }
      if (pathname.startsWith("/gotalk/")) return gotalk(request, info);
      const file = Object.hasOwn(FILES, pathname) ? FILES[pathname] : undefined;
      if (file === undefined) return new Response(null, { status: 404 });
      const [type, text] = file;
      return new Response(text, {
        headers: {
          "content-type": `text/${type}; charset=utf-8`,
          "content-security-policy": POLICY,
        },
      });
    },
  );
  return {
    address: `http://127.0.0.1:${server.addr.port}/`,
    add(entry) {
      kept.push(shown(entry, count++));
      if (kept.length > KEPT) kept.shift();
      for (const resolve of waiting) resolve();
    },
    async [Symbol.asyncDispose]() {
      await gotalk.close();
      await server.shutdown();
    },
  };
}

function shown({ message, ...entry }: TapEntry, number: number): Shown {
  if (message === undefined) return { ...entry, number };
  const payload = "payload" in message ? message.payload : undefined;
  return {
    ...entry,
    number,
    kind: message.kind,
    ..."id" in message && { id: idOf(entry.text) },
    ...nameOf(message),
    ...payload !== undefined && {
      size: payload.length,
      payload: payload.subarray(0, SHOWN).toBase64(),
    },
  };
}

/** Returns the request ID as it is printed behind the kind. */
function idOf(text: string): string {
  return text.split(" ")[1] ?? "";
}

function nameOf(message: Message): { name?: string } {
  const name = "operation" in message
    ? message.operation
    : "name" in message
    ? message.name
    : undefined;
  if (name === undefined) return {};
  return {
    name: typeof name === "string" ? name : new TextDecoder().decode(name),
  };
}
