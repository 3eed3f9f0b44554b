import type { InternalRequest, SessionFailure } from "../../shared/internal.js";
import { failure, success, type Result } from "../../shared/result.js";
import { appAddress, toName } from "../../shared/owner.js";
import type { Outbox } from "../messaging/create-outbox.js";
import { messageTo } from "./organization-messages.js";

export const leaseHolderSchema = `
  CREATE TABLE IF NOT EXISTS _lease_holders (
    session_id TEXT NOT NULL,
    organization_id TEXT NOT NULL,
    until INTEGER NOT NULL,
    PRIMARY KEY (session_id, organization_id)
  ) STRICT, WITHOUT ROWID`;

/** How long an organization can treat a session as active before it must renew the lease. */
const LEASE_MS = 5 * 60_000;

/** A request of an organization or the app for a lease of a session. */
export type LeaseRequest = Pick<
  Extract<InternalRequest, { op: "lease" }>,
  "sessionId" | "organizationId" | "generation"
>;

/** The app in the column `organization_id`. It has a character that no id contains. */
const APP = toName(appAddress);

/** The lease of an account in the place of a session's id. It has a character that no id of a session contains. */
export const accountLeaseOf = (userId: string): string => toName({ type: "user", id: userId });

/** The sessions of the object's user, as far as leases depend on them. */
export interface LeasedSessions<TSession extends { readonly expiresAt: number }> {
  findActive(id: string, now: number): TSession | undefined;
  wasReplaced(id: string, now: number): boolean;
  touch(session: TSession, now: number): TSession;
  confirm(session: TSession, generation: number | undefined): void;
}

export interface LeaseHoldersOptions {
  readonly sql: SqlStorage;
  readonly outbox: Pick<Outbox, "post">;
}

/** Records which organizations have a lease of which session, and whether the app has one, and notifies them when a session ends. */
export function createLeaseHolders({ sql, outbox }: LeaseHoldersOptions) {
  return {
    /** Grants a lease, records the organization, and confirms the generation. Call it inside a transaction. */
    grant<TSession extends { readonly expiresAt: number }>(
      sessions: LeasedSessions<TSession>,
      { sessionId, organizationId, generation }: LeaseRequest,
    ): Result<number, SessionFailure> {
      const now = Date.now();
      const alive = sessions.findActive(sessionId, now);
      if (!alive) return failure(sessions.wasReplaced(sessionId, now) ? "SESSION_REPLACED" : "SESSION_ENDED");
      // An organization asks for a lease only when the session sends or receives something there.
      const session = sessions.touch(alive, now);
      sessions.confirm(session, generation);
      const until = Math.min(now + LEASE_MS, session.expiresAt);
      sql.exec("DELETE FROM _lease_holders WHERE until <= ?", now);
      sql.exec(
        "INSERT OR REPLACE INTO _lease_holders (session_id, organization_id, until) VALUES (?, ?, ?)",
        sessionId,
        organizationId ?? APP,
        until,
      );
      return success(until);
    },

    /** Grants the app a lease of the account, for calls of other Workers that act for the user. Call it inside a transaction. */
    grantAccount(userId: string): number {
      const until = Date.now() + LEASE_MS;
      sql.exec(
        "INSERT OR REPLACE INTO _lease_holders (session_id, organization_id, until) VALUES (?, ?, ?)",
        accountLeaseOf(userId),
        APP,
        until,
      );
      return until;
    },

    /** Notifies the objects with a lease that the session has ended. Call it in the transaction that ends the sessions. */
    revoke(sessionIds: readonly string[]): void {
      for (const sessionId of sessionIds) {
        const rows = sql.exec(
          "DELETE FROM _lease_holders WHERE session_id = ? RETURNING organization_id, until",
          sessionId,
        );
        for (const { organization_id: id, until } of rows.toArray()) {
          if (Number(until) <= Date.now()) continue;
          const holder = id === APP ? APP : toName({ type: "organization", id: String(id) });
          outbox.post(messageTo(holder, "endSession", { sessionId }));
        }
      }
    },
  };
}
