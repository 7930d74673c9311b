/**
 * Media types of requests and responses.
 *
 * @module
 */

/** The media types in use. */
export const MEDIA = {
  json: "application/json",
  text: "text/plain",
  bytes: "application/octet-stream",
  lines: "application/x-ndjson",
  events: "text/event-stream",
} as const;

/** The media type of both bodies of an exchange. */
export const EXCHANGE = "application/x-gotalk";

/** Returns the media type of a header, without its parameters; "" if there is none. */
export function mediaType(headers: Headers): string {
  const [type = ""] = (headers.get("content-type") ?? "").split(";");
  return type.trim().toLowerCase();
}

/**
 * Returns the offered media type that a client prefers, by its `Accept` header:
 * the first one of those it prefers equally; `undefined` if it accepts none.
 */
export function preferredType(
  { headers }: Request,
  offers: readonly string[],
): string | undefined {
  const accept = headers.get("accept");
  if (accept === null) return offers[0];
  const ranges = accept.toLowerCase().split(",").map(parseRange);
  let preferred: string | undefined, highest = 0;
  for (const offer of offers) {
    const quality = qualityOf(offer, ranges);
    if (quality <= highest) continue;
    highest = quality;
    preferred = offer;
  }
  return preferred;
}

/** A range of media types, and how much the client wants them, 0 to 1. */
interface Range {
  readonly type: string;
  readonly quality: number;
}

function parseRange(text: string): Range {
  const [type = "", ...parameters] = text.split(";").map((part) => part.trim());
  const q = parameters.find((each) => each.startsWith("q="));
  const quality = q === undefined ? 1 : Number(q.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The range that fits most closely decides. */
function qualityOf(offer: string, ranges: readonly Range[]): number {
  const [main] = offer.split("/");
  for (const wanted of [offer, `${main}/*`, "*/*"]) {
    const range = ranges.find(({ type }) => type === wanted);
    if (range !== undefined) return range.quality;
  }
  return 0;
}
