import { randomId } from "../../shared/random-id.js";
import type { Alarms } from "../lifecycle/alarms.js";
import type { UpgradedStorage } from "../tables/schema/framework-schema.js";
import { isWithinMailLimits } from "./mail-limits.js";
import type { MailKind } from "./mail-message.js";

const HOUR = 60 * 60_000;
const KEY = "userdo:mails";

/** A mail to the address: sent, or about to be. */
interface CountedMail {
  readonly id: string;
  readonly kind: MailKind;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface MailBudgetOptions {
  readonly storage: Pick<DurableObjectStorage, "kv">;
  readonly alarms: Pick<Alarms, "arm" | "register">;
}

/** Limits the mails to one address, whichever account or organization causes them. */
export interface MailBudget {
  /**
   * Returns whether another mail of a kind is within the limits.
   * @param pending the number of mails of the kind that are about to be counted
   */
  allows(kind: MailKind, pending: number): boolean;
  /**
   * Counts a mail. Counting the same id again changes nothing, so that a mail that is sent again counts once.
   * @returns whether the mail is within the limits
   */
  take(kind: MailKind, id?: string): boolean;
  /** Takes back the count of a mail that was never sent. */
  giveBack(id: string): void;
  /** Returns a function that restores the counts after the storage was erased; `undefined` if there are none. */
  preserve(): (() => void) | undefined;
}

/**
 * Counts the mails to an address for an hour each, whether or not it has an account. The counts are outside of the object's tables:
 * they do not initialize the object, and they survive the deletion of the account. The alarm deletes counts that are older than
 * an hour.
 */
export function createMailBudget({ storage: { kv }, alarms }: MailBudgetOptions): MailBudget {
  const all = (): readonly CountedMail[] => kv.get<readonly CountedMail[]>(KEY) ?? [];
  const recent = (): readonly CountedMail[] => {
    const since = Date.now() - HOUR;
    return all().filter(({ at }) => at > since);
  };

  function write(mails: readonly CountedMail[]): void {
    if (mails.length > 0) kv.put(KEY, mails);
    else kv.delete(KEY);
    alarms.arm();
  }

  alarms.register({
    name: "mails",
    due() {
      const mails = all();
      return mails.length > 0 ? Math.min(...mails.map(({ at }) => at)) + HOUR : undefined;
    },
    run: () => write(recent()),
  });

  return {
    allows(kind, pending) {
      const kinds = recent().map((mail) => mail.kind);
      return isWithinMailLimits(kind, [...kinds, ...Array<MailKind>(pending).fill(kind)]);
    },
    take(kind, id = randomId()) {
      const mails = recent();
      if (mails.some((mail) => mail.id === id)) return true;
      const isAllowed = isWithinMailLimits(
        kind,
        mails.map((mail) => mail.kind),
      );
      if (isAllowed) write([...mails, { id, kind, at: Date.now() }]);
      return isAllowed;
    },
    giveBack: (id) => write(recent().filter((mail) => mail.id !== id)),
    preserve() {
      const mails = recent();
      return mails.length > 0 ? () => write(mails) : undefined;
    },
  };
}

/** Moves the times at which an earlier version mailed invitations from its table into the counts. */
export function moveInvitationRates({ sql, kv }: UpgradedStorage): void {
  const times = sql.exec("DELETE FROM _rate_log WHERE name = 'invitation' RETURNING at").toArray();
  if (times.length === 0) return;
  const moved = times.map(({ at }): CountedMail => ({ id: randomId(), kind: "invitation", at: Number(at) }));
  kv.put(KEY, [...(kv.get<readonly CountedMail[]>(KEY) ?? []), ...moved]);
}
