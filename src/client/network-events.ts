/** The network was lost, the network came back, or the page was not running for a while. */
export type NetworkEvent = "offline" | "online" | "resumed";

interface Target {
  addEventListener?: (type: string, listener: () => void) => void;
  removeEventListener?: (type: string, listener: () => void) => void;
}

/** Calls the listener when connections may be dead. Returns the function that stops it. Without a page it does nothing. */
export function onNetworkEvent(listener: (event: NetworkEvent) => void): () => void {
  const offline = (): void => listener("offline");
  const online = (): void => listener("online");
  const resumed = (): void => listener("resumed");
  const shown = (): void => {
    if (globalThis.document?.visibilityState === "visible") resumed();
  };
  // React Native has a `window` without events, and no `document`.
  const page = globalThis.window as Target | undefined;
  const document = globalThis.document as Target | undefined;
  const listeners = [
    [page, "offline", offline],
    [page, "online", online],
    // The page comes from the back/forward cache.
    [page, "pageshow", resumed],
    [document, "visibilitychange", shown],
    // The browser had frozen the page.
    [document, "resume", resumed],
  ] as const;
  for (const [target, type, each] of listeners) target?.addEventListener?.(type, each);
  return () => {
    for (const [target, type, each] of listeners) target?.removeEventListener?.(type, each);
  };
}
