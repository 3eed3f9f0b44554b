import type { Alarms } from "../lifecycle/alarms.js";
import type { AccountDeps } from "./account-deps.js";
import { revokeEarlier } from "./revocations.js";

export interface AccountSuspensionOptions {
  readonly deps: AccountDeps;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Ends the lease with which the app serves the calls of other Workers for the user. */
  readonly revokeAccountLease: () => void;
}

/** Suspends an account and ends the suspension, by an operator or by itself. Call the functions inside a transaction. */
export function createAccountSuspension(options: AccountSuspensionOptions) {
  const { deps, isInitialized, alarms, revokeAccountLease } = options;
  const { suspension, audit, organizations, transaction } = deps;

  function end(action: "operator.unsuspend" | "suspension.end"): void {
    if (!suspension.delete()) return;
    organizations.announceSuspensionEnd();
    audit.add({ action, outcome: "ok", device: {} });
    deps.directory.report();
    alarms.arm();
  }

  alarms.register({
    name: "suspension",
    due: () => (isInitialized() ? suspension.endsAt() : undefined),
    run: () =>
      transaction(() => {
        // An operator may have extended it since the alarm was set.
        if (!suspension.read(Date.now())) end("suspension.end");
      }),
  });

  return {
    /** Ends all sessions. Repeating it replaces the reason and the end. */
    suspend(reason: string, until: number | null): void {
      const now = Date.now();
      const at = suspension.read(now)?.at ?? new Date(now);
      suspension.write({ reason, at, until: until === null ? null : new Date(until) });
      // Before the messages that end the sessions, so that their sockets close because of the suspension.
      organizations.announceSuspension(until);
      revokeEarlier(deps, "accountSuspended");
      revokeAccountLease();
      audit.add({ action: "operator.suspend", outcome: "ok", device: {} });
      deps.directory.report();
      alarms.arm();
    },

    unsuspend: (): void => end("operator.unsuspend"),
  };
}

export type SuspensionOfAccount = ReturnType<typeof createAccountSuspension>;
