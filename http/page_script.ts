/**
 * The script for pages, as servers hand it out.
 *
 * @module
 */

import type { CompressedFile } from "./_page_script_bytes.ts";

/** The name of the script, and of its source map. */
const NAMES = {
  "gotalk.js": { of: "SCRIPT", type: "text/javascript; charset=utf-8" },
  "gotalk.js.map": { of: "SCRIPT_MAP", type: "application/json" },
} as const;

/** Compressions, from the best one. */
const CODINGS = ["br", "gzip"] as const;

/** Option of handlers of HTTP requests. */
export interface PageScriptOption {
  /**
   * Whether `GET` and `HEAD` of a path that ends in `/gotalk.js` or
   * `/gotalk.js.map` are answered with the script for pages, whose module is
   * `@gotalk/gotalk/browser`, and its source map; `true` by default. Pages of any
   * origin may load it.
   */
  readonly script?: boolean | undefined;
}

/** Returns the response to a request for the script; `undefined` for other requests. */
export function pageScript(
  request: Request,
  { script = true }: PageScriptOption,
): Promise<Response> | undefined {
  const { method, url } = request;
  if (!script || method !== "GET" && method !== "HEAD") return undefined;
  const [, name] = /\/(gotalk\.js(?:\.map)?)(?:\?|$)/.exec(url) ?? [];
  return name === undefined
    ? undefined
    : respond(request, name as keyof typeof NAMES);
}

async function respond(
  { headers, method }: Request,
  name: keyof typeof NAMES,
): Promise<Response> {
  const { of, type } = NAMES[name];
  // Only servers with pages need its memory.
  const file: CompressedFile = (await import("./_page_script_bytes.ts"))[of];
  const coding = CODINGS.find((coding) =>
    file[coding] !== undefined &&
    accepts(headers.get("accept-encoding") ?? "", coding)
  );
  const tag = `"${file.hash}${coding === undefined ? "" : `-${coding}`}"`;
  const answer = new Headers({
    "access-control-allow-origin": "*",
    // The address stays the same when the package changes.
    "cache-control": "no-cache",
    "cross-origin-resource-policy": "cross-origin",
    etag: tag,
    vary: "accept-encoding",
    "x-content-type-options": "nosniff",
  });
  if (matches(headers.get("if-none-match"), tag)) {
    return new Response(null, { status: 304, headers: answer });
  }
  answer.set("content-type", type);
  if (coding !== undefined) answer.set("content-encoding", coding);
  const body = await bytesOf(file, coding);
  answer.set("content-length", `${body.byteLength}`);
  return new Response(method === "HEAD" ? null : body, { headers: answer });
}

/** Returns the bytes of a file in a compression. */
async function bytesOf(
  file: CompressedFile,
  coding: typeof CODINGS[number] | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const binary = atob(file[coding ?? "gzip"]!);
  const compressed = Uint8Array.from(binary, (byte) => byte.charCodeAt(0));
  if (coding !== undefined) return compressed;
  const whole = new Response(compressed).body!
    .pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(whole).arrayBuffer());
}

/** Returns whether a header `Accept-Encoding` allows a compression by name. */
function accepts(header: string, coding: string): boolean {
  return header.toLowerCase().split(",").some((entry) => {
    const [name = "", ...parameters] = entry.split(";").map((text) =>
      text.trim()
    );
    return name === coding &&
      !parameters.some((parameter) => /^q=0(?:\.0*)?$/.test(parameter));
  });
}

/** Returns whether a header `If-None-Match` has a tag. */
function matches(header: string | null, tag: string): boolean {
  return (header ?? "").split(",").some((each) => {
    const found = each.trim().replace(/^W\//, "");
    return found === tag || found === "*";
  });
}
