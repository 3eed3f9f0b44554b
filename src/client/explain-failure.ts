type Fetch<TUrl, TInit> = (url: TUrl, init?: TInit) => Promise<Response>;

/** A result of tRPC, as far as it shows that tRPC has answered. */
type Result = { readonly result?: unknown; readonly error?: { readonly json?: unknown } } | null;

/**
 * A fetch with errors that explain why the server has not answered. The platform's own messages are "Failed to fetch", or
 * "Unexpected token '<'" when a proxy answered in its place.
 */
export function explainFailure<TUrl, TInit>(fetch: (url: TUrl, init?: TInit) => unknown): Fetch<TUrl, TInit> {
  return async (url, init) => {
    try {
      return checked((await fetch(url, init)) as Response);
    } catch (cause) {
      // Ended by whoever asked.
      if ((cause as Error | undefined)?.name === "AbortError") throw cause;
      const isRelative = !globalThis.location && String(url).startsWith("/");
      throw new Error(isRelative ? RELATIVE : globalThis.navigator?.onLine === false ? OFFLINE : UNREACHABLE, {
        cause,
      });
    }
  };
}

const MAYBE_SAVED = "Your change may have been saved.";
const OFFLINE = "There is no network, so this was not sent.";
const RELATIVE = "`url` is relative, but there is no page. Pass an absolute `url`.";
// A browser does not say that it blocked an answer.
const UNREACHABLE = `The server could not be reached, or CORS blocked its answer (\`allowedOrigins\`). ${MAYBE_SAVED}`;

/** Makes `json()` reject with the reason when a proxy or another server has answered. The response stays what it is. */
function checked(response: Response): Response {
  const json = response.json.bind(response);
  const value = async (): Promise<unknown> => {
    const body: unknown = await json().catch((error: Error) => {
      // An aborted or broken connection is another matter.
      if (error.name !== "SyntaxError") throw error;
    });
    if ([body as Result].flat().every((each) => each?.result ?? each?.error?.json)) return body;
    throw new Error(`A proxy answered instead of tRPC (HTTP ${response.status}), or \`url\` is wrong. ${MAYBE_SAVED}`, {
      cause: response,
    });
  };
  // Fails for a frozen one, which then has the parser's own words.
  Reflect.defineProperty(response, "json", { value });
  return response;
}
