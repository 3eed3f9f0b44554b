/** Writes a warning to the log. The same warning is written only once. */
export type WarnOnce = (message: string) => void;

/** Creates the log of one app in one isolate. */
export function createWarnOnce(): WarnOnce {
  const printed = new Set<string>();
  return (message) => {
    if (printed.has(message)) return;
    printed.add(message);
    // oxlint-disable-next-line no-console -- the log is where an operator looks first
    console.warn(`[trpc-userdo] ${message}`);
  };
}
