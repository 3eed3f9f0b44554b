import { useEffect, useState } from "react";

/**
 * Returns the token of the mailed link, and removes it from the address bar: it is not in the history, and not in a
 * screenshot. Returns `undefined` without a token.
 */
export function useLinkToken(): string | undefined {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? undefined);
  useEffect(() => window.history.replaceState(null, "", window.location.pathname), []);
  return token;
}
