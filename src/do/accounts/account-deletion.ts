import { ReasonedError } from "../../router/reasoned-error.js";
import { emailObjectAddress } from "../../shared/email-object-address.js";
import { toName } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { MAIL } from "../messaging/outbox-heads.js";
import { revokeEarlier } from "./revocations.js";
import { mailNotice } from "./account-mails.js";
import type { AccountDeps } from "./account-deps.js";
import type { AccountRow } from "./account-store.js";

export const deletionSchema =
  "CREATE TABLE IF NOT EXISTS _deletion (only INTEGER PRIMARY KEY CHECK (only = 1), started_at INTEGER NOT NULL, next_at INTEGER NOT NULL) STRICT";

const MINUTE_MS = 60_000;
/** How long the storage waits for the last mail to be sent. */
const MAX_MAIL_WAIT_MS = 60 * MINUTE_MS;

/** A deletion that the user confirmed with their password. */
export interface ConfirmedDeletion {
  /** The account as it was when the password was checked. */
  readonly account: AccountRow;
  /** The session that asked for it; `undefined` for a server caller. */
  readonly sessionId: string | undefined;
  /**
   * Called first in the transaction of the deletion, with the account as it is then. Throws to refuse the deletion.
   * @default nothing
   */
  readonly assertAllowed?: (now: AccountRow | undefined) => void;
}

export interface DeletionOptions {
  readonly deps: AccountDeps;
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** Called in the transaction that deletes the account. */
  readonly onDelete: () => void;
  /** Deletes all storage of the object. */
  readonly erase: () => Promise<void>;
}

/**
 * Deletes an account in two steps. One transaction deletes the account and its sessions, and posts the messages to other
 * objects. After they are delivered, all storage is deleted.
 */
export function createAccountDeletion({ deps, sql, isInitialized, alarms, onDelete, erase }: DeletionOptions) {
  const { userId, identity, accounts, sessions, outbox, transaction, onSessionEnd } = deps;

  function readDeletion(): { readonly startedAt: number; readonly nextAt: number } | undefined {
    const [row] = isInitialized() ? sql.exec("SELECT * FROM _deletion").toArray() : [];
    return row && { startedAt: Number(row["started_at"]), nextAt: Number(row["next_at"]) };
  }

  /** Cached, because every call reads it. Only `begin` changes it. */
  let underWay: boolean | undefined;

  async function finish(): Promise<void> {
    const deletion = readDeletion();
    if (!deletion) return;
    const waiting = outbox.countPending();
    const onlyMail = waiting === outbox.countPending(MAIL);
    if (waiting === 0 || (onlyMail && Date.now() - deletion.startedAt > MAX_MAIL_WAIT_MS)) await erase();
    else sql.exec("UPDATE _deletion SET next_at = ?", Date.now() + MINUTE_MS);
  }

  alarms.register({ name: "deletion", due: () => readDeletion()?.nextAt, run: finish });

  return {
    /** Whether the account is deleted, and its last messages are not delivered yet. */
    isUnderWay: (): boolean => (underWay ??= readDeletion() !== undefined),

    /** @throws TRPCError UNAUTHORIZED (ACCOUNT_CHANGED) when the password, the address or the session has changed since the confirmation */
    async begin({ account, sessionId, assertAllowed }: ConfirmedDeletion): Promise<void> {
      if (!accounts.read()) return;
      const addressOf = async (email: string) => toName(await emailObjectAddress(identity().secrets.index, email));
      const { operationId } = account;
      const target = await addressOf(account.email);

      const ended = transaction(() => {
        // The hook of the app and other objects were awaited. The confirmation is valid only for the same password.
        const now = accounts.read();
        assertAllowed?.(now);
        const isSame = now?.passwordHash === account.passwordHash && now.operationId === operationId;
        if (!isSame) throw signInAgain();
        if (sessionId !== undefined && !sessions.findActive(sessionId, Date.now())) throw signInAgain();
        outbox.post({ target, kind: "releaseAddress", payload: { userId, operationId } });
        deps.organizations.announceDeletion();
        deps.roles.announceDeletion();
        onDelete();
        deps.directory.remove();
        mailNotice(deps, "accountDeleted", now);
        const ended = revokeEarlier(deps, "accountDeleted");
        accounts.delete();
        sql.exec(
          "INSERT OR IGNORE INTO _deletion (only, started_at, next_at) VALUES (1, ?, ?)",
          Date.now(),
          Date.now() + MINUTE_MS,
        );
        alarms.arm();
        return ended;
      });
      underWay = true;
      for (const id of ended) onSessionEnd(id);
      // Finishes now if all messages are delivered. Otherwise the alarm retries.
      await outbox.flush();
      await finish();
    },
  };
}

function signInAgain(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "ACCOUNT_CHANGED",
    message: "Your account was changed or your session ended in the meantime. Sign in again, then delete the account.",
  });
}

export type AccountDeletion = ReturnType<typeof createAccountDeletion>;
