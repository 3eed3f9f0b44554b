import { useEffect, useState } from "react";

/**
 * The token of the mail's link that led here, taken out of the address bar: it is in no history, and in no picture of
 * the page. `undefined` for who came without one.
 */
export function useLinkToken(): string | undefined {
  const [token] = useState(() => new URLSearchParams(window.location.hash.slice(1)).get("token") ?? undefined);
  useEffect(() => window.history.replaceState(null, "", window.location.pathname), []);
  return token;
}
