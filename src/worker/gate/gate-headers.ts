import { USER_HEADER } from "../../shared/user-header.js";
import type { Cors } from "./gate-result.js";

/** The headers of every response, besides `Vary`. They forbid caching and MIME sniffing. */
export const gateHeaders = {
  "Cache-Control": "no-store",
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
};

/** Sets the headers with which an allowed origin may read the response. */
export function setCorsHeaders(headers: Headers, { corsOrigin }: Cors): void {
  if (corsOrigin === undefined) return;
  headers.set("Access-Control-Allow-Origin", corsOrigin);
  headers.set("Access-Control-Allow-Credentials", "true");
  // Clients read from these whether to refresh their token, and which user is signed in.
  headers.set("Access-Control-Expose-Headers", `WWW-Authenticate, ${USER_HEADER}`);
}

/** Sets the headers of every response. */
export function setGateHeaders(headers: Headers, cors: Cors): void {
  for (const [name, value] of Object.entries(gateHeaders)) headers.set(name, value);
  if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get("Vary") ?? "")) headers.append("Vary", "Origin");
  setCorsHeaders(headers, cors);
}

/** Copies a response, which may be immutable, and sets its headers. The response to a WebSocket upgrade is not changed. */
export function withGateHeaders(response: Response, cors: Cors): Response {
  if (response.status === 101) return response;
  const copy = new Response(response.body, response);
  setGateHeaders(copy.headers, cors);
  return copy;
}
