const MAYBE_SAVED = "Your change may have been saved.";
/** The message of a call that was not sent. */
export const OFFLINE = "There is no network, so this was not sent.";
const RELATIVE = "`url` is relative, but there is no page. Pass an absolute `url`.";
// A browser does not report that it blocked a response.
const CORS = ", or CORS blocked its response (`allowedOrigins`)";
const LOST = `The connection was lost. ${MAYBE_SAVED}`;

export const isOffline = (): boolean => globalThis.navigator?.onLine === false;

/**
 * Returns the error that explains why there is no response from tRPC. `cause` is fetch's own error, or a response from a proxy.
 * Without `url`, a part of a response has arrived.
 */
export function explain(cause: unknown, url?: unknown, wasOnline?: boolean): Error {
  const { name = "", status, json } = cause as { readonly name?: string } & Partial<Response>;
  // The caller ended the request, or a time limit of the app's own fetch did.
  if (/^(Abort|Timeout)/.test(name)) return cause as Error;
  if (json) {
    const message = `A proxy answered instead of tRPC (HTTP ${status}), or \`url\` is wrong. ${MAYBE_SAVED}`;
    return new Error(message, { cause });
  }
  if (url === undefined) return new Error(LOST, { cause });
  const address = String(url);
  const page = globalThis.location;
  // Without a cause, the call is not sent again.
  if (!page && !address.includes("://")) return new Error(RELATIVE);
  const isForeign = page && address.includes("//") && !address.startsWith(page.origin + "/");
  const unreachable = `The server could not be reached${isForeign ? CORS : ""}. ${MAYBE_SAVED}`;
  // A request that was sent before the network was lost may have arrived.
  return new Error(wasOnline === false ? OFFLINE : isOffline() ? LOST : unreachable, { cause });
}
