import type { SessionTokens } from "../shared/call.js";

/** The part of fetch that a refresh uses. */
export type ExchangeFetch = (url: string, init: RequestInit) => Promise<Pick<Response, "ok" | "status" | "json">>;

interface ErrorShape {
  readonly data?: { readonly code?: unknown };
}

interface Reply {
  readonly error?: ErrorShape & { readonly json?: ErrorShape };
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
  fetch: ExchangeFetch,
  refreshToken: string,
  headers: Record<string, string | string[] | undefined> = {},
): Promise<SessionTokens | undefined> {
  // As the batch link builds its URLs.
  const [base = "", ...query] = url.split("?");
  const target = [`${base.replace(/\/$/, "")}/auth.refresh`, ...query].join("?");
  const response = await fetch(target, {
    method: "POST",
    // The batch link passes headers with several values to fetch in the same way.
    headers: { ...headers, "content-type": "application/json" } as Record<string, string>,
    body: JSON.stringify({ json: { refreshToken } }),
  });
  // The client's fetch rejects what is not of tRPC, with the status. So a gateway's 401 does not end the session.
  const reply = (await response.json()) as Reply | null;
  if (response.status === 401 && (reply?.error?.json ?? reply?.error)?.data?.code === "UNAUTHORIZED") return undefined;
  const tokens = reply?.result?.data?.json?.tokens;
  if (response.ok && tokens) return tokens;
  // The response says whether, and when, to try again.
  throw new Error(`auth.refresh was answered with ${response.status}, and no tokens.`, { cause: response });
}
