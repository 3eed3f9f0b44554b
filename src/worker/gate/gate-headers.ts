import { USER_HEADER } from "../../shared/session-user.js";
import type { Cors } from "./gate-result.js";

/** Sets what every reply carries: not to be stored, not to be guessed at, and readable by the allowed origin only. */
export function setGateHeaders(headers: Headers, gated: Cors): void {
  headers.set("Cache-Control", "no-store");
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("Referrer-Policy", "no-referrer");
  if (!/(^|,)\s*origin\s*(,|$)/i.test(headers.get("Vary") ?? "")) headers.append("Vary", "Origin");
  if (gated.corsOrigin === undefined) return;
  headers.set("Access-Control-Allow-Origin", gated.corsOrigin);
  headers.set("Access-Control-Allow-Credentials", "true");
  // They say whether a token is to be refreshed, and who is signed in. A page of another origin would not see them.
  headers.set("Access-Control-Expose-Headers", `WWW-Authenticate, ${USER_HEADER}`);
}

/** {@link setGateHeaders} for a finished reply, which may be immutable. A socket's handshake stays as it is. */
export function withGateHeaders(response: Response, gated: Cors): Response {
  if (response.status === 101) return response;
  const reply = new Response(response.body, response);
  setGateHeaders(reply.headers, gated);
  return reply;
}
