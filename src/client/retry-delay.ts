/**
 * Bounds of the delay before each attempt to connect, in milliseconds. The first follows the loss of a connection that
 * worked; further attempts double the last bound up to `LONGEST_DELAY_MS`.
 */
const FIRST_DELAY_MS = 100;
const SECOND_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Without a network, attempts cost nothing, and the page reconnects soon after the network comes back. */
const LONGEST_OFFLINE_DELAY_MS = 1_000;

/** Delays attempts to connect. Unlike tRPC's own delay, it can be ended early: by the network, or by a new subscription. */
export function createRetryDelay() {
  let failures = 0;
  let wake: (() => void) | undefined;

  return {
    /** How long tRPC's client waits before it closes a lost connection and opens another, in milliseconds. */
    beforeReconnect: (attempt: number): number => (attempt === 0 ? withJitter(FIRST_DELAY_MS) : 0),

    /** Waits until the next attempt is due. */
    async wait(): Promise<void> {
      const failed = failures++;
      if (failed === 0) return;
      const highest = globalThis.navigator?.onLine === false ? LONGEST_OFFLINE_DELAY_MS : LONGEST_DELAY_MS;
      const longest = failed === 1 ? SECOND_DELAY_MS : Math.min(1_000 * 2 ** (failed - 1), highest);
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        wake = resolve;
        timer = setTimeout(resolve, withJitter(longest));
      });
      clearTimeout(timer);
      wake = undefined;
    },

    /** Ends the delay of the next attempt: a connection works, or an event such as `online` makes an attempt worthwhile. */
    reset(): void {
      failures = wake ? 1 : 0;
      wake?.();
    },
  };
}

/** Adds jitter, so that many clients do not reconnect at the same moment. */
function withJitter(longest: number): number {
  return longest / 2 + (Math.random() * longest) / 2;
}
