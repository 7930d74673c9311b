/**
 * The HTTP server of the chat: its page, the script for pages, the WebSocket, and
 * the files that were sent.
 *
 * @module
 */

import { fetchHandler } from "@gotalk/gotalk";
import { natsBackPlane } from "@gotalk/gotalk/rooms/nats";
import { Chat } from "./chat.ts";

/** The files of the page, and their types. */
const PAGE = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/chat.css": ["chat.css", "text/css; charset=utf-8"],
  "/chat.js": ["chat.js", "text/javascript; charset=utf-8"],
} as const;

/** The types of files that browsers may show; others are saved. */
const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$/;

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src http: https: data:; base-uri 'none'",
  "x-content-type-options": "nosniff",
};

/** Options of {@linkcode startChat}. */
export interface ChatOptions {
  readonly hostname?: string;
  readonly port?: number;
  /** The servers of NATS that several processes share their rooms through. */
  readonly nats?: string | undefined;
}

/** A chat that listens. */
export interface RunningChat extends AsyncDisposable {
  readonly address: string;
}

/** Starts the chat. */
export async function startChat(
  { hostname = "127.0.0.1", port = 0, nats }: ChatOptions = {},
): Promise<RunningChat> {
  const backPlane = nats && await natsBackPlane({ servers: nats });
  let address = "";
  const chat = new Chat(() => address, backPlane || undefined);
  const gotalk = fetchHandler(chat.handlers);
  const server = Deno.serve(
    { hostname, port, onListen() {} },
    async (request, info) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/gotalk/")) return await gotalk(request, info);
      if (pathname.startsWith("/files/")) {
        return fileResponse(chat, pathname.slice("/files/".length));
      }
      const [file, type] = PAGE[pathname as keyof typeof PAGE] ?? [];
      if (file === undefined) return new Response("Not found", { status: 404 });
      const url = new URL(`page/${file}`, import.meta.url);
      return new Response(await Deno.readFile(url), {
        headers: { ...HEADERS, "content-type": type! },
      });
    },
  );
  address = `http://${hostname}:${server.addr.port}`;
  return {
    address,
    async [Symbol.asyncDispose]() {
      await gotalk.drain({ timeout: 2_000 });
      await server.shutdown();
      await chat[Symbol.asyncDispose]();
    },
  };
}

function fileResponse(chat: Chat, id: string): Response {
  const file = chat.file(id);
  if (file === undefined) return new Response("Not found", { status: 404 });
  const isShown = SHOWN.test(file.type);
  const name = encodeURIComponent(file.name);
  return new Response(file.bytes, {
    headers: {
      ...HEADERS,
      "content-type": isShown ? file.type : "application/octet-stream",
      "content-disposition": `${
        isShown ? "inline" : "attachment"
      }; filename*=UTF-8''${name}`,
    },
  });
}
