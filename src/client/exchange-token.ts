import type { SessionTokens } from "../shared/call.js";

/** The part of fetch that a refresh uses. */
export type ExchangeFetch = (url: string, init: RequestInit) => Promise<Pick<Response, "ok" | "status" | "json">>;

interface ErrorShape {
  readonly data?: { readonly code?: unknown; readonly reason?: unknown };
}

interface Reply {
  readonly error?: ErrorShape & { readonly json?: ErrorShape };
  readonly result?: { readonly data?: { readonly json?: { readonly tokens?: SessionTokens } } };
}

/**
 * Calls `auth.refresh` with a separate request, because the client's own calls wait for the tokens. Returns `undefined` when
 * the session has ended.
 *
 * @throws Error when the server did not respond with tokens, UNAUTHORIZED or ACCOUNT_SUSPENDED
 */
export async function exchangeToken(
  url: string,
  fetch: ExchangeFetch,
  refreshToken: string,
  headers: Record<string, string | string[] | undefined> = {},
): Promise<SessionTokens | undefined> {
  // The batch link builds its URLs in the same way.
  const [base = "", ...query] = url.split("?");
  const target = [`${base.replace(/\/$/, "")}/auth.refresh`, ...query].join("?");
  const response = await fetch(target, {
    method: "POST",
    // The batch link passes headers with several values to fetch in the same way.
    headers: { ...headers, "content-type": "application/json" } as Record<string, string>,
    body: JSON.stringify({ json: { refreshToken } }),
  });
  // The client's fetch rejects responses that are not from tRPC. So a gateway's 401 does not end the session.
  const reply = (await response.json()) as Reply | null;
  const { code, reason } = (reply?.error?.json ?? reply?.error)?.data ?? {};
  if (response.status === 401 && code === "UNAUTHORIZED") return undefined;
  // The suspension has ended the session.
  if (response.status === 403 && reason === "ACCOUNT_SUSPENDED") return undefined;
  const tokens = reply?.result?.data?.json?.tokens;
  if (response.ok && tokens) return tokens;
  // The caller reads from the response whether and when to try again.
  throw new Error(`auth.refresh returned HTTP ${response.status} without tokens.`, { cause: response });
}
