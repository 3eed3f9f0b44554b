/** Whether this device has a network at all, as far as it knows; where that cannot be told, it has. */
export function watchNetwork(onChange: () => void) {
  return {
    isUp: (): boolean => globalThis.navigator?.onLine !== false,

    /** Gives the function that stops it. */
    watch(): () => void {
      const stop = new AbortController();
      for (const event of ["online", "offline"]) {
        globalThis.window?.addEventListener?.(event, onChange, { signal: stop.signal });
      }
      return () => stop.abort();
    },
  };
}
