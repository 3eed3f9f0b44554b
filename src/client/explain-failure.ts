type Fetch<TUrl, TInit> = (url: TUrl, init?: TInit) => Promise<Response>;

/** The members of a response body that show that tRPC has sent it. */
type Result = { readonly result?: { readonly data?: unknown }; readonly error?: { readonly json?: unknown } } | null;

/**
 * Wraps fetch so that its errors explain why there is no response from tRPC. The platform's own messages are "Failed to
 * fetch", or "Unexpected token '<'" for a response from a proxy.
 */
export function explainFailure<TUrl, TInit>(fetch: (url: TUrl, init?: TInit) => unknown): Fetch<TUrl, TInit> {
  return async (url, init) => {
    const wasOffline = isOffline();
    try {
      return checked((await fetch(url, init)) as Response);
    } catch (cause) {
      const page = globalThis.location;
      const address = String(url);
      const isRelative = !page && !address.includes("://");
      const isForeign = page && address.includes("//") && !address.startsWith(page.origin + "/");
      const unreachable = `The server could not be reached${isForeign ? CORS : ""}. ${MAYBE_SAVED}`;
      // A request that was sent before the network was lost may have arrived.
      throw explained(cause, isRelative ? RELATIVE : wasOffline ? OFFLINE : isOffline() ? LOST : unreachable);
    }
  };
}

const MAYBE_SAVED = "Your change may have been saved.";
const OFFLINE = "There is no network, so this was not sent.";
const RELATIVE = "`url` is relative, but there is no page. Pass an absolute `url`.";
// A browser does not report that it blocked a response.
const CORS = ", or CORS blocked its response (`allowedOrigins`)";
const LOST = `The connection was lost. ${MAYBE_SAVED}`;

const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/** Returns the original error if the caller ended the request, or if a time limit of the app's own fetch did. */
function explained(cause: unknown, message: string): unknown {
  return /^(Abort|Timeout)/.test((cause as Error | undefined)?.name ?? "") ? cause : new Error(message, { cause });
}

/** Makes `json()` reject with an explanation if the response is not from tRPC. The response itself is not replaced. */
function checked(response: Response): Response {
  const json = response.json.bind(response);
  const value = async (): Promise<unknown> => {
    const body: unknown = await json().catch((cause: Error & { readonly type?: unknown }) => {
      // node-fetch throws its own error class for invalid JSON.
      if (cause.name !== "SyntaxError" && cause.type !== "invalid-json") throw explained(cause, LOST);
    });
    const all = [body as Result].flat();
    if (all.length > 0 && all.every((each) => each?.result?.data ?? each?.error?.json)) return body;
    throw new Error(`A proxy answered instead of tRPC (HTTP ${response.status}), or \`url\` is wrong. ${MAYBE_SAVED}`, {
      cause: response,
    });
  };
  // Has no effect on a frozen response, which then rejects with the parser's own error.
  Reflect.defineProperty(response, "json", { value });
  return response;
}
