import { ReasonedError } from "../../router/reasoned-error.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { MAIL } from "../messaging/outbox-heads.js";
import { revokeEarlier } from "./revocations.js";
import { emailObjectName } from "./email/email-object-name.js";
import { mailNotice } from "./account-mails.js";
import type { AccountDeps } from "./account-deps.js";
import type { AccountRow } from "./account-store.js";

export const deletionSchema =
  "CREATE TABLE IF NOT EXISTS _deletion (only INTEGER PRIMARY KEY CHECK (only = 1), started_at INTEGER NOT NULL, next_at INTEGER NOT NULL) STRICT";

const MINUTE_MS = 60_000;
/** How long the storage waits for the last mail to be sent. */
const MAX_MAIL_WAIT_MS = 60 * MINUTE_MS;

/** A deletion that the user confirmed, or that an operator ordered. */
export interface RequestedDeletion {
  /**
   * The account as it was when the user confirmed the deletion, with the password or a link.
   * @default none: an operator deletes the account, whatever the user changes meanwhile
   */
  readonly confirmed?: AccountRow;
  /**
   * The session that asked for it.
   * @default none: a server caller, a link or an operator
   */
  readonly sessionId?: string | undefined;
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
  readonly schedules: () => { deleteAll(): void };
  /** Called in the transaction that deletes the account. */
  readonly onDelete: () => void;
  /** Deletes all storage of the object. */
  readonly erase: () => Promise<void>;
}

/**
 * Deletes an account in two steps. One transaction deletes the account and its sessions, and posts the messages to other
 * objects. After they are delivered, all storage is deleted.
 */
export function createAccountDeletion({
  deps,
  sql,
  isInitialized,
  alarms,
  schedules,
  onDelete,
  erase,
}: DeletionOptions) {
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
    async begin({ confirmed, sessionId, assertAllowed }: RequestedDeletion): Promise<void> {
      const ended = transaction(() => {
        const now = accounts.read();
        assertAllowed?.(now);
        if (!now) return undefined;
        // The hook of the app and other objects were awaited. The confirmation is valid only for the same password.
        if (confirmed && !isSame(confirmed, now)) throw signInAgain();
        if (sessionId !== undefined && !sessions.findActive(sessionId, Date.now())) throw signInAgain();
        const { operationId } = now;
        const target = emailObjectName(identity().secrets.index, now.email);
        outbox.post({ target, kind: "releaseAddress", payload: { userId, operationId } });
        deps.organizations.announceDeletion();
        deps.roles.announceDeletion();
        onDelete();
        schedules().deleteAll();
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
      if (!ended) return;
      underWay = true;
      for (const id of ended) onSessionEnd(id);
      // Finishes now if all messages are delivered. Otherwise the alarm retries.
      await outbox.flush();
      await finish();
    },
  };
}

function isSame(one: AccountRow, other: AccountRow): boolean {
  return one.passwordHash === other.passwordHash && one.operationId === other.operationId;
}

function signInAgain(): ReasonedError {
  return new ReasonedError({
    code: "UNAUTHORIZED",
    reason: "ACCOUNT_CHANGED",
    message: "Your account was changed or your session ended in the meantime. Sign in again, then delete the account.",
  });
}

export type AccountDeletion = ReturnType<typeof createAccountDeletion>;
