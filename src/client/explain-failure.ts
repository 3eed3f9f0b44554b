type Fetch<TUrl, TInit> = (url: TUrl, init?: TInit) => Promise<Response>;

/** A fetch that says what it means when no server has answered: the platform's own words are "Failed to fetch". */
export function explainFailure<TUrl, TInit>(fetch: (url: TUrl, init?: TInit) => unknown): Fetch<TUrl, TInit> {
  return async (url, init) => {
    try {
      return (await fetch(url, init)) as Response;
    } catch (cause) {
      // Ended by whoever asked.
      if (cause instanceof Error && cause.name === "AbortError") throw cause;
      throw new Error(globalThis.navigator?.onLine === false ? OFFLINE : UNREACHABLE, { cause });
    }
  };
}

const OFFLINE = "There is no network, so this was not sent. Try again when it is back.";
const UNREACHABLE =
  "The server could not be reached, or the connection was lost before it answered. Something that was to be changed may have been.";
