type Fetch<TUrl, TInit> = (url: TUrl, init?: TInit) => Promise<Response>;

/** A result of tRPC, as far as it shows that tRPC has answered. */
type Result = { readonly result?: { readonly data?: unknown }; readonly error?: { readonly json?: unknown } } | null;

/**
 * A fetch with errors that explain why the server has not answered. The platform's own messages are "Failed to fetch", or
 * "Unexpected token '<'" when a proxy answered in its place.
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
      // What was sent before the network was lost may have arrived.
      throw explained(cause, isRelative ? RELATIVE : wasOffline ? OFFLINE : isOffline() ? LOST : unreachable);
    }
  };
}

const MAYBE_SAVED = "Your change may have been saved.";
const OFFLINE = "There is no network, so this was not sent.";
const RELATIVE = "`url` is relative, but there is no page. Pass an absolute `url`.";
// A browser does not say that it blocked an answer.
const CORS = ", or CORS blocked its answer (`allowedOrigins`)";
const LOST = `The connection was lost. ${MAYBE_SAVED}`;

const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/** Leaves the error of a request that its caller has ended, or a time limit of the app's own fetch. */
function explained(cause: unknown, message: string): unknown {
  return /^(Abort|Timeout)/.test((cause as Error | undefined)?.name ?? "") ? cause : new Error(message, { cause });
}

/** Makes `json()` reject with the reason when a proxy or another server has answered. The response stays what it is. */
function checked(response: Response): Response {
  const json = response.json.bind(response);
  const value = async (): Promise<unknown> => {
    const body: unknown = await json().catch((cause: Error & { readonly type?: unknown }) => {
      // node-fetch has an error of its own for what is not JSON.
      if (cause.name !== "SyntaxError" && cause.type !== "invalid-json") throw explained(cause, LOST);
    });
    const all = [body as Result].flat();
    if (all.length > 0 && all.every((each) => each?.result?.data ?? each?.error?.json)) return body;
    throw new Error(`A proxy answered instead of tRPC (HTTP ${response.status}), or \`url\` is wrong. ${MAYBE_SAVED}`, {
      cause: response,
    });
  };
  // Fails for a frozen one, which then has the parser's own words.
  Reflect.defineProperty(response, "json", { value });
  return response;
}
