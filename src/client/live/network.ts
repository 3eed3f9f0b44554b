/** Whether this device has a network at all, as far as it knows; where that cannot be told, it has. */
export function watchNetwork(onChange: () => void) {
  return {
    isUp: (): boolean => globalThis.navigator?.onLine !== false,

    /** Gives the function that stops it. */
    watch(): () => void {
      if (typeof window === "undefined") return () => {};
      const events = ["online", "offline"];
      for (const event of events) window.addEventListener(event, onChange);
      return () => {
        for (const event of events) window.removeEventListener(event, onChange);
      };
    },
  };
}
