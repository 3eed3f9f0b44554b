import type { LeaderElection } from "@tanstack/offline-transactions";

/**
 * Elects the tab that stores and sends edits. When it is closed, the next tab takes over: the browser's lock then goes to the
 * tab that has waited longest.
 */
export function createTabElection(name: string): LeaderElection {
  const listeners = new Set<(isLeader: boolean) => void>();
  let isLeader = false;
  let release = (): void => {};

  function keepLock(): Promise<void> {
    isLeader = true;
    for (const listener of listeners) listener(true);
    return new Promise((resolve) => (release = resolve));
  }

  return {
    isLeader: () => isLeader,
    requestLeadership: () =>
      new Promise((resolve) => {
        void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
          resolve(lock !== null);
          if (lock) return keepLock();
          void navigator.locks.request(name, keepLock);
          return undefined;
        });
      }),
    releaseLeadership: () => release(),
    onLeadershipChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
