import { toName } from "../../shared/owner.js";
import type { Alarms } from "../alarms.js";
import type { MailBudget } from "../mail/mail-budget.js";
import { postMail } from "../mail/post-mail.js";
import type { Outbox } from "../outbox/create-outbox.js";
import { handlersFor, letterTo, type WaitingInvitation } from "./letters.js";

export const waitingInvitationSchema = `
  CREATE TABLE IF NOT EXISTS _waiting (
    id TEXT PRIMARY KEY NOT NULL,
    invitation TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

export interface WaitingInvitationsOptions {
  readonly sql: SqlStorage;
  readonly isBorn: () => boolean;
  readonly mails: Pick<MailBudget, "take">;
  readonly outbox: Pick<Outbox, "post">;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** The user whose address it is; `undefined` for nobody's, or somebody's who only is about to sign up. */
  readonly ownerId: () => string | undefined;
  /** Called after what ran out has been forgotten. */
  readonly onForgotten: () => Promise<void>;
}

/** The invitations to one address. They wait here until somebody has shown that it is theirs. */
export function createWaitingInvitations(options: WaitingInvitationsOptions) {
  const { sql, isBorn, mails, outbox, alarms, ownerId, onForgotten } = options;

  const list = (now: number): WaitingInvitation[] =>
    sql
      .exec("SELECT invitation FROM _waiting WHERE expires_at > ? ORDER BY id", now)
      .toArray()
      .map(({ invitation }) => JSON.parse(String(invitation)) as WaitingInvitation);

  function tell(userId: string, invitation: WaitingInvitation): void {
    outbox.post(letterTo(toName({ type: "user", id: userId }), "invited", invitation));
  }

  alarms.register({
    name: "waiting invitations",
    due() {
      if (!isBorn()) return undefined;
      const expiry = sql.exec("SELECT min(expires_at) AS at FROM _waiting").one()["at"];
      return expiry === null ? undefined : Number(expiry);
    },
    async run(now) {
      sql.exec("DELETE FROM _waiting WHERE expires_at <= ?", now);
      await onForgotten();
    },
  });

  return {
    /** Whether anything is stored. */
    holds: (): boolean => isBorn() && sql.exec("SELECT 1 FROM _waiting LIMIT 1").toArray().length > 0,

    handlers: handlersFor<"invitation" | "withdrawInvitation" | "claimInvitations">({
      invitation({ mail, ...invitation }) {
        const { id, email, expiresAt } = invitation;
        sql.exec("INSERT OR REPLACE INTO _waiting VALUES (?, ?, ?)", id, JSON.stringify(invitation), expiresAt);
        // Beyond the limits of the address it is not mailed, but the owner of the address sees it all the same.
        if (mail && mails.take("invitation")) {
          postMail(outbox, "invitation", { to: email, expiresAt, invitation });
        }
        const userId = ownerId();
        if (userId !== undefined) tell(userId, invitation);
        alarms.arm();
      },
      withdrawInvitation({ id }) {
        sql.exec("DELETE FROM _waiting WHERE id = ?", id);
        const userId = ownerId();
        if (userId !== undefined) outbox.post(letterTo(toName({ type: "user", id: userId }), "uninvited", { id }));
        alarms.arm();
      },
      claimInvitations({ userId }) {
        for (const invitation of list(Date.now())) tell(userId, invitation);
      },
    }),
  };
}
