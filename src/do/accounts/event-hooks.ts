import type { User } from "../../shared/account.js";
import type { OnError } from "../../router/error-report.js";
import { toUser, type AccountRow, type AccountStore } from "./account-store.js";

/** The app's hooks for changes of an account. Each receives the user after the change. */
export interface EventHookCalls {
  onEmailVerified(user: User): void | Promise<void>;
  onEmailChanged(user: User, previousEmail: string): void | Promise<void>;
  onProfileChanged(user: User): void | Promise<void>;
}

/**
 * Runs the app's hooks. Call each in the transaction of its event, after the event was written: an error that a hook
 * throws then undoes the event. Await the result after the transaction; it never rejects.
 */
export interface EventHooks {
  /** @param before the account before the event. If its address was verified already, no hook runs */
  emailVerified(before: AccountRow): Promise<void> | undefined;
  /** Runs the hook for a verified address too, if the address before was not verified. */
  emailChanged(before: AccountRow): Promise<void> | undefined;
  profileChanged(): Promise<void> | undefined;
}

export interface EventHooksOptions {
  readonly calls: EventHookCalls;
  readonly accounts: Pick<AccountStore, "read">;
  readonly onError: OnError;
}

export function createEventHooks({ calls, accounts, onError }: EventHooksOptions): EventHooks {
  function run(name: keyof EventHookCalls, call: (user: User) => void | Promise<void>): Promise<void> | undefined {
    const account = accounts.read();
    if (!account) throw new Error("The account of an event does not exist. Run hooks in the transaction of the event.");
    const work = call(toUser(account));
    if (work === undefined) return undefined;
    // The event is committed before a promise settles, so its rejection can only be reported.
    return Promise.resolve(work).catch((error: unknown) => {
      onError({
        error: error instanceof Error ? error : new Error("A hook rejected.", { cause: error }),
        requestId: crypto.randomUUID(),
        path: `(${name})`,
        type: undefined,
        reason: "HOOK_FAILED",
      });
    });
  }

  const hooks: EventHooks = {
    emailVerified: (before) =>
      before.emailVerified ? undefined : run("onEmailVerified", (user) => calls.onEmailVerified(user)),
    emailChanged(before) {
      const changed = run("onEmailChanged", (user) => calls.onEmailChanged(user, before.email));
      return both(changed, hooks.emailVerified(before));
    },
    profileChanged: () => run("onProfileChanged", (user) => calls.onProfileChanged(user)),
  };
  return hooks;
}

async function both(one: Promise<void> | undefined, other: Promise<void> | undefined): Promise<void> {
  await one;
  await other;
}
