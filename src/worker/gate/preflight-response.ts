import { USER_HEADER } from "../../shared/user-header.js";

/** Headers that stock links and this package's client send. */
const ALLOWED_HEADERS = `content-type, trpc-accept, authorization, last-event-id, idempotency-key, ${USER_HEADER}`;

/** How long a browser may cache the response, in seconds. Chromium caps it at this value. */
const MAX_AGE = 7200;

/**
 * The response to OPTIONS, after the origin check. An allowed origin may send any headers: those of tracing tools and of
 * the app have no effect here.
 *
 * @see https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
export function preflightResponse(request: Headers, corsOrigin: string | undefined): Response {
  const headers = new Headers({ Allow: "GET, POST, OPTIONS" });
  if (corsOrigin !== undefined) {
    const requested = headerNames(request.get("access-control-request-headers") ?? "");
    headers.set("Access-Control-Allow-Methods", "GET, POST");
    headers.set("Access-Control-Allow-Headers", [ALLOWED_HEADERS, ...requested].join(", "));
    headers.set("Access-Control-Max-Age", String(MAX_AGE));
  }
  return new Response(null, { status: 204, headers });
}

/** The well-formed names in a list that are not allowed anyway. */
function headerNames(list: string): string[] {
  const known = new Set(ALLOWED_HEADERS.split(", "));
  const names = list.split(",").map((name) => name.trim().toLowerCase());
  return [...new Set(names)].filter((name) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !known.has(name));
}
