import { loadFailures } from "./failure-loader.js";

type Fetch<TUrl, TInit> = (url: TUrl, init?: TInit) => Promise<Response>;

/** The members of a response body that show that tRPC has sent it. */
type Result = { readonly result?: { readonly data?: unknown }; readonly error?: { readonly json?: unknown } } | null;

/**
 * Wraps fetch so that its errors explain why there is no response from tRPC. The platform's own messages are "Failed to
 * fetch", or "Unexpected token '<'" for a response from a proxy.
 */
export function explainFailure<TUrl, TInit>(fetch: (url: TUrl, init?: TInit) => unknown): Fetch<TUrl, TInit> {
  return async (url, init) => {
    const wasOnline = globalThis.navigator?.onLine;
    void loadFailures();
    try {
      return checked((await fetch(url, init)) as Response);
    } catch (cause) {
      return fail(cause, url, wasOnline);
    }
  };
}

/** @throws Error that explains the failure */
async function fail(cause: unknown, url?: unknown, wasOnline?: boolean): Promise<never> {
  throw (await loadFailures())?.explain(cause, url, wasOnline) ?? new Error("No reply from tRPC.", { cause });
}

/** Makes `json()` reject with an explanation if the response is not from tRPC. The response itself is not replaced. */
function checked(response: Response): Response {
  const json = response.json.bind(response);
  const value = async (): Promise<unknown> => {
    const body: unknown = await json().catch((cause: Error & { readonly type?: unknown }) =>
      // node-fetch throws its own error class for invalid JSON.
      cause.name === "SyntaxError" || cause.type === "invalid-json" ? undefined : fail(cause),
    );
    const all = [body as Result].flat();
    const isReply = all.length > 0 && all.every((each) => each?.result?.data ?? each?.error?.json);
    return isReply ? body : fail(response);
  };
  // Has no effect on a frozen response, which then rejects with the parser's own error.
  Reflect.defineProperty(response, "json", { value });
  return response;
}
