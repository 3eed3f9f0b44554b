import type { SessionTokens } from "../shared/call.js";

type Fetch = (url: string, init: RequestInit) => Promise<Pick<Response, "ok" | "status" | "json">>;

interface Reply {
  readonly result?: { readonly data?: { readonly json?: { readonly tokens?: SessionTokens } } };
}

/**
 * Calls `auth.refresh`, beside the client: the calls that wait for the tokens cannot carry it. `undefined` when the
 * session is over.
 *
 * @throws Error when the server could not be asked
 */
export async function exchangeToken(
  url: string,
  fetch: Fetch,
  refreshToken: string,
): Promise<SessionTokens | undefined> {
  const response = await fetch(`${url.replace(/\/$/, "")}/auth.refresh`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ json: { refreshToken } }),
  });
  if (response.status === 401) return undefined;
  const { result } = (await response.json()) as Reply;
  const tokens = result?.data?.json?.tokens;
  if (!response.ok || !tokens) throw new Error(`auth.refresh was answered with ${response.status}, and no tokens.`);
  return tokens;
}
