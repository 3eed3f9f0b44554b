import { checkOptionNames } from "../shared/check-options.js";
import { createAllowedOrigins } from "./gate/allowed-origins.js";
import { checkOrigin } from "./gate/origin-rule.js";
import { GateRefusal } from "./gate/refusal.js";

export interface AllowedOriginOptions {
  /**
   * Other origins that may send requests with the user's cookies: the same list as for {@link createHandler}. The request's
   * own origin is always allowed.
   * @default none
   */
  readonly allowedOrigins?: readonly string[];
}

/**
 * Applies the origin check of the tRPC endpoint to a request for a route of the app's own. Call it before
 * `loadSession` in every route that changes something, and respond with 403 if it returns `false`: otherwise a page of
 * another site can send the request with the user's cookies.
 *
 * A browser's request passes if its page has the request's own origin or one of `allowedOrigins`. A request without
 * `Cookie`, `Origin` and `Sec-Fetch-Site`, which servers and native clients send, passes too, and so does one with a
 * Bearer token and no cookies. A link or an address that the user typed does not pass, so do not call it for pages.
 *
 * @example
 * ```ts
 * if (!isAllowedOrigin(request)) return new Response("Forbidden", { status: 403 });
 * const session = await loadSession(request, env);
 * ```
 * @throws Error with the entry of `allowedOrigins` that is not an origin
 */
export function isAllowedOrigin(request: Request, options: AllowedOriginOptions = {}): boolean {
  checkOptionNames("isAllowedOrigin", options, { allowedOrigins: true });
  const { allowedOrigins = [] } = options;
  const rule = { ownOrigin: new URL(request.url).origin, allowedOrigins: createAllowedOrigins(allowedOrigins) };
  try {
    checkOrigin(request.headers, rule);
    return true;
  } catch (error) {
    if (error instanceof GateRefusal) return false;
    throw error;
  }
}
