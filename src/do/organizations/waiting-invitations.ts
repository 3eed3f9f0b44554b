import { toName } from "../../shared/owner.js";
import type { Alarms } from "../lifecycle/alarms.js";
import { postMail } from "../mail/post-mail.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { WaitingInvitation } from "./waiting-invitation.js";
import { handlersFor, messageTo } from "./organization-messages.js";

/** Limit of waiting invitations to one address, from all organizations together. */
const MAX_PER_ADDRESS = 50;

/** Limit of waiting invitations to one address that one user has sent, in any organization. */
const MAX_PER_INVITER = 10;

/** The part of an invitation that the limits need. */
interface CountedInvitation {
  readonly organizationId: string;
  /** `undefined` for the app itself, and in an invitation that an earlier version stored. */
  readonly inviterId: string | undefined;
}

/**
 * Whether an address accepts another invitation. An organization has at most one invitation to an address, and a new one
 * replaces it. Whether the address has an account makes no difference.
 *
 * @param waiting the invitations that wait at the address
 * @param blocked the ids of inviters that the owner of the address blocks. Their invitations count towards their own
 *   limit only, so that they cannot use up the total of the others
 */
export function isWithinInvitationLimits(
  invitation: CountedInvitation,
  waiting: readonly CountedInvitation[],
  blocked: ReadonlySet<string> = new Set(),
): boolean {
  const { organizationId, inviterId } = invitation;
  if (waiting.some((each) => each.organizationId === organizationId)) return true;
  const unblocked = waiting.filter((each) => each.inviterId === undefined || !blocked.has(each.inviterId));
  if (unblocked.length >= MAX_PER_ADDRESS) return false;
  return inviterId === undefined || waiting.filter((each) => each.inviterId === inviterId).length < MAX_PER_INVITER;
}

export const waitingInvitationSchema = `
  CREATE TABLE IF NOT EXISTS _waiting (
    id TEXT PRIMARY KEY NOT NULL,
    invitation TEXT NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/** Places that are reserved for invitations which an organization is about to send. */
export const reservedInvitationSchema = `
  CREATE TABLE IF NOT EXISTS _admitted_invitations (
    organization_id TEXT PRIMARY KEY NOT NULL,
    inviter_id TEXT,
    until INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID`;

/** How long a place stays reserved, in milliseconds. An invitation usually arrives at once. */
const RESERVATION_MS = 60_000;

export interface WaitingInvitationsOptions {
  readonly sql: SqlStorage;
  readonly isInitialized: () => boolean;
  readonly initialize: <TResult>(work: () => TResult) => TResult;
  readonly outbox: Pick<Outbox, "post">;
  readonly alarms: Pick<Alarms, "arm" | "register">;
  /** The user of the address; `undefined` without an account, or while a sign-up is under way. */
  readonly ownerId: () => string | undefined;
  /** Whether the owner of the address blocks the inviter. */
  readonly isBlocked: (invitation: WaitingInvitation) => Promise<boolean>;
  /** Called after expired entries were deleted. */
  readonly onPruned: () => Promise<void>;
}

/** Stores the invitations to one address until a user has verified the address. */
export function createWaitingInvitations(options: WaitingInvitationsOptions) {
  const { sql, isInitialized, initialize, outbox, alarms, ownerId, isBlocked, onPruned } = options;

  const list = (now: number): WaitingInvitation[] =>
    sql
      .exec("SELECT invitation FROM _waiting WHERE expires_at > ? ORDER BY id", now)
      .toArray()
      .map(({ invitation }) => JSON.parse(String(invitation)) as WaitingInvitation);

  /** The invitations that count towards the limits: those that wait, and those with a reserved place. */
  function countedInvitations(now: number): CountedInvitation[] {
    if (!isInitialized()) return [];
    const waiting = list(now).map(({ organizationId, inviter }) => ({ organizationId, inviterId: inviter?.userId }));
    const organizations = new Set(waiting.map(({ organizationId }) => organizationId));
    const reserved = sql
      .exec("SELECT organization_id, inviter_id FROM _admitted_invitations WHERE until > ?", now)
      .toArray()
      .map((row) => ({
        organizationId: String(row["organization_id"]),
        inviterId: row["inviter_id"] === null ? undefined : String(row["inviter_id"]),
      }));
    return [...waiting, ...reserved.filter(({ organizationId }) => !organizations.has(organizationId))];
  }

  /** The ids of the inviters of waiting invitations that the owner of the address blocks. */
  async function blockedInviters(): Promise<Set<string>> {
    const byInviter = new Map<string, WaitingInvitation>();
    for (const each of isInitialized() ? list(Date.now()) : [])
      if (each.inviter) byInviter.set(each.inviter.userId, each);
    const asked = await Promise.all(
      Array.from(byInviter, async ([userId, each]) => ((await isBlocked(each)) ? userId : [])),
    );
    return new Set(asked.flat());
  }

  function notifyUser(userId: string, invitation: WaitingInvitation): void {
    outbox.post(messageTo(toName({ type: "user", id: userId }), "invited", invitation));
  }

  alarms.register({
    name: "waiting invitations",
    due() {
      if (!isInitialized()) return undefined;
      const expiry = sql
        .exec(
          "SELECT min(at) AS at FROM (SELECT expires_at AS at FROM _waiting UNION SELECT until FROM _admitted_invitations)",
        )
        .one()["at"];
      return expiry === null ? undefined : Number(expiry);
    },
    async run(now) {
      sql.exec("DELETE FROM _waiting WHERE expires_at <= ?", now);
      sql.exec("DELETE FROM _admitted_invitations WHERE until <= ?", now);
      await onPruned();
    },
  });

  return {
    /** Whether anything is stored. */
    hasEntries: (): boolean =>
      isInitialized() &&
      sql.exec("SELECT 1 FROM _waiting UNION ALL SELECT 1 FROM _admitted_invitations LIMIT 1").toArray().length > 0,

    /** Reserves a place for an invitation. Returns whether the organization may send it. */
    async reserve(invitation: CountedInvitation): Promise<boolean> {
      const isWithin = (blocked?: ReadonlySet<string>) =>
        isWithinInvitationLimits(invitation, countedInvitations(Date.now()), blocked);
      // The owner's object is asked only at the limit. Invitations can arrive meanwhile, so they are counted again.
      if (!isWithin() && !isWithin(await blockedInviters())) return false;
      const now = Date.now();
      initialize(() => {
        sql.exec(
          "INSERT OR REPLACE INTO _admitted_invitations (organization_id, inviter_id, until) VALUES (?, ?, ?)",
          invitation.organizationId,
          invitation.inviterId ?? null,
          now + RESERVATION_MS,
        );
        alarms.arm();
      });
      return true;
    },

    handlers: handlersFor<"invitation" | "withdrawInvitation" | "claimInvitations">({
      invitation({ mail, ...invitation }) {
        const { id, email, organizationId, inviter, expiresAt } = invitation;
        // Ignored if its place has expired and other invitations have reached the limit.
        if (!isWithinInvitationLimits({ organizationId, inviterId: inviter?.userId }, countedInvitations(Date.now())))
          return;
        sql.exec("DELETE FROM _admitted_invitations WHERE organization_id = ?", organizationId);
        sql.exec(
          "INSERT OR REPLACE INTO _waiting (id, invitation, expires_at) VALUES (?, ?, ?)",
          id,
          JSON.stringify(invitation),
          expiresAt,
        );
        if (mail) postMail(outbox, "invitation", { to: email, expiresAt, invitation });
        const userId = ownerId();
        if (userId !== undefined) notifyUser(userId, invitation);
        alarms.arm();
      },
      withdrawInvitation({ id }) {
        sql.exec("DELETE FROM _waiting WHERE id = ?", id);
        const userId = ownerId();
        if (userId !== undefined) outbox.post(messageTo(toName({ type: "user", id: userId }), "uninvited", { id }));
        alarms.arm();
      },
      claimInvitations({ userId }) {
        for (const invitation of list(Date.now())) notifyUser(userId, invitation);
      },
    }),
  };
}
