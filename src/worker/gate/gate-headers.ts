import { USER_HEADER } from "../../shared/user-header.js";
import type { Cors } from "./gate-result.js";

/** Sets the headers of every response. They forbid caching and MIME sniffing, and apply CORS for an allowed origin. */
export function setGateHeaders(headers: Headers, { corsOrigin }: Cors): void {
  headers.set("Cache-Control", "no-store");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get("Vary") ?? "")) headers.append("Vary", "Origin");
  if (corsOrigin === undefined) return;
  headers.set("Access-Control-Allow-Origin", corsOrigin);
  headers.set("Access-Control-Allow-Credentials", "true");
  // Clients read from these whether to refresh their token, and which user is signed in.
  headers.set("Access-Control-Expose-Headers", `WWW-Authenticate, ${USER_HEADER}`);
}

/** Copies a response, which may be immutable, and sets its headers. The response to a WebSocket upgrade is not changed. */
export function withGateHeaders(response: Response, cors: Cors): Response {
  if (response.status === 101) return response;
  const copy = new Response(response.body, response);
  setGateHeaders(copy.headers, cors);
  return copy;
}
