/** Watches whether the device has a network. On a platform that does not report it, the network counts as available. */
export function watchNetwork(onChange: () => void) {
  return {
    isUp: (): boolean => globalThis.navigator?.onLine !== false,

    /** Starts to watch. Returns the function that stops it. */
    watch(): () => void {
      const stop = new AbortController();
      for (const event of ["online", "offline"]) {
        globalThis.window?.addEventListener?.(event, onChange, { signal: stop.signal });
      }
      return () => stop.abort();
    },
  };
}
