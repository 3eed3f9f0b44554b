import { ReasonedError } from "../../router/reasoned-error.js";
import type { UserOrganizationsService } from "../../router/services.js";
import type { NewOrganization } from "../../router/organizations/settings.js";
import { OWNER, type RolePolicy } from "../../router/organizations/role-policy.js";
import type { InternalReply, InternalRequest } from "../../shared/internal.js";
import { JURISDICTIONS, withJurisdiction } from "../../shared/jurisdiction.js";
import { stubOf } from "../../shared/object-stub.js";
import { sendInternal } from "../../shared/send-internal.js";
import { toName } from "../../shared/owner.js";
import { operationIdOf } from "../idempotency/operation-id.js";
import { encodeFields } from "../fields/encode-fields.js";
import type { ObjectLocation } from "../lifecycle/data-location.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { RateLog } from "../rate/rate-log.js";
import type { BlockedInviterStore } from "./blocked-inviters.js";
import { createInviterBlocks, invitationNotFound } from "./inviter-blocks.js";
import { toInviter, type WaitingInvitation } from "./waiting-invitation.js";
import { messageTo } from "./organization-messages.js";
import type { AcceptedInvitation, UserOrganizationStore } from "./user-organization-store.js";
import type { AccountReader } from "./user-organizations.js";
import { userNotFound } from "../lifecycle/caller-errors.js";

type AnswerRequest = Extract<InternalRequest, { op: "answerInvitation" }>;
type Account = NonNullable<ReturnType<AccountReader["read"]>>;

/** The stores and services of the user's object that its organizations depend on. */
export interface UserOrganizationsDeps {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly accounts: AccountReader;
  readonly outbox: Pick<Outbox, "post" | "flushPosted" | "flushTarget" | "countPending">;
  readonly rates: Pick<RateLog, "take">;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
}

export interface UserOrganizationsServiceOptions {
  readonly deps: UserOrganizationsDeps;
  readonly store: UserOrganizationStore;
  readonly blocked: BlockedInviterStore;
  readonly rolePolicy: RolePolicy;
  readonly hasSettings: boolean;
  /** Chooses where a new organization of the user is stored. */
  readonly locateOrganization: () => Promise<ObjectLocation>;
}

const DAY = 24 * 60 * 60_000;
/** Limit of organizations that one user can create. */
const CREATE_RATE = { limit: 100, per: DAY };

/** Lists and creates a user's organizations, and answers invitations, in the user's own object. */
export function createUserOrganizationsService({
  deps,
  store,
  blocked,
  rolePolicy,
  hasSettings,
  locateOrganization,
}: UserOrganizationsServiceOptions): UserOrganizationsService {
  const { userId, identity, accounts, outbox, rates, transaction } = deps;
  const organization = (id: string) => ({ type: "organization", id }) as const;

  function requireAccount(): Account {
    const account = accounts.read();
    if (!account) throw userNotFound();
    return account;
  }

  /** Only a user who has verified the address can answer its invitations. */
  function requireVerifiedAccount(): Account {
    const account = requireAccount();
    if (account.emailVerified) return account;
    throw new ReasonedError({
      code: "FORBIDDEN",
      reason: "EMAIL_NOT_VERIFIED",
      message: "Your email address is not verified. Request a verification email and open its link, then try again.",
    });
  }

  async function accept(
    { id: invitationId, organizationId }: AcceptedInvitation,
    { email }: Account,
  ): Promise<InternalReply<AnswerRequest>> {
    const stub = stubOf(identity().namespace, organization(organizationId));
    // The organization decides and sends the membership as a message, so a lost reply loses nothing.
    const result = await sendInternal(stub, { op: "answerInvitation", answer: "accept", invitationId, userId, email });
    if (!result.ok) store.deleteInvitation(invitationId);
    return result;
  }

  /** Creates the membership, and posts the message that creates the organization. Call it in a transaction. */
  function begin({
    id,
    name,
    settings,
    createdAt,
    locationHint,
  }: NewOrganization & Pick<ObjectLocation, "locationHint"> & { readonly id: string; readonly createdAt: Date }) {
    const { email } = requireAccount();
    if (!rates.take("organization", CREATE_RATE, Date.now())) throw tooManyOrganizations();
    const joinedAt = createdAt.getTime();
    const created = { name, settings: encodeFields(settings, "settings"), userId, email, createdAt: joinedAt };
    const details = locationHint === undefined ? created : { ...created, locationHint };
    outbox.post(messageTo(toName(organization(id)), "createOrganization", details));
    store.setMembership({ organizationId: id, name, role: OWNER, joinedAt, invitationId: undefined });
  }

  /** Deletes an invitation, and posts the message that declines it. Call it in a transaction. */
  function declineInvitation({ id: invitationId, organizationId, email }: WaitingInvitation): void {
    store.deleteInvitation(invitationId);
    const answered = { invitationId, userId, email };
    outbox.post(messageTo(toName(organization(organizationId)), "declineInvitation", answered));
  }

  const verifiedEmail = (): string => requireVerifiedAccount().email;
  const blocks = createInviterBlocks({ blocked, store, transaction, verifiedEmail });

  return {
    async create({ name, settings }, idempotencyKey) {
      const { jurisdiction, locationHint } = await locateOrganization();
      const digits = operationIdOf(idempotencyKey);
      // An earlier call with the same key was interrupted, or the organization did not answer. It may have chosen another
      // jurisdiction.
      const before = idempotencyKey === undefined ? undefined : store.membershipInOneOf(idsWith(digits));
      const id = before?.id ?? withJurisdiction(digits, jurisdiction);
      const target = toName(organization(id));
      const createdAt = before?.joinedAt ?? new Date();
      if (before) await outbox.flushTarget(target);
      else transaction(() => begin({ id, name, settings, createdAt, locationHint }));
      await outbox.flushPosted();
      if (outbox.countPending(target) > 0) throw organizationUnavailable();
      return {
        id,
        name,
        createdAt,
        ...(hasSettings && { settings }),
        role: OWNER,
        permissions: rolePolicy.permissionsOf(OWNER),
      };
    },

    list() {
      const account = requireAccount();
      const memberships = store.memberships();
      const own = new Set(memberships.map(({ id }) => id));
      const invitations = account.emailVerified ? store.invitations(account.email, Date.now()) : [];
      return [
        ...memberships,
        ...invitations
          .filter(({ organizationId }) => !own.has(organizationId))
          .map((invitation) => {
            const { id: invitationId, organizationId, name, role, invitedBy, expiresAt } = invitation;
            const sent = { invitedBy, inviter: toInviter(invitation), expiresAt: new Date(expiresAt) };
            return { status: "invited", id: organizationId, name, role, invitationId, ...sent } as const;
          }),
      ];
    },

    async accept(invitationId) {
      const account = requireVerifiedAccount();
      const now = Date.now();
      const invitation = store.invitation(invitationId, account.email, now);
      // Recorded, because the invitation can leave the list before the membership arrives. A repeated call must find it.
      if (invitation) store.setAccepted(invitation, now);
      const accepted = store.accepted(invitationId);
      const isAnswered = accepted !== undefined && (await accept(accepted, account)).ok;
      // The message with the membership usually arrives before the reply.
      const own = store.membershipByInvitation(invitationId);
      if (own) {
        store.deleteAccepted(own.id);
        return own;
      }
      // The user is a member by another invitation. The acceptance stays until it expires, so that the call can be repeated.
      const other = store.membershipIn(accepted?.organizationId);
      if (other) return other;
      if (isAnswered) throw organizationUnavailable();
      if (accepted) store.deleteAccepted(accepted.organizationId);
      throw invitationNotFound();
    },

    decline(invitationId) {
      const account = requireVerifiedAccount();
      const invitation = store.invitation(invitationId, account.email, Date.now());
      if (!invitation) throw invitationNotFound();
      transaction(() => declineInvitation(invitation));
    },

    declineAll: () =>
      transaction(() => {
        const { email } = requireVerifiedAccount();
        const invitations = store.invitations(email, Date.now());
        for (const invitation of invitations) declineInvitation(invitation);
        return invitations.length;
      }),

    blockInviter: blocks.block,
    unblockInviter: blocks.unblock,
    blockedInviters: blocks.list,
  };
}

/** The ids with the same digits, in each jurisdiction and without one. */
function idsWith(digits: string): string[] {
  return [undefined, ...JURISDICTIONS].map((jurisdiction) => withJurisdiction(digits, jurisdiction));
}

function organizationUnavailable(): ReasonedError {
  return new ReasonedError({
    code: "SERVICE_UNAVAILABLE",
    reason: "ORGANIZATION_UNAVAILABLE",
    message:
      "The organization did not answer in time. This is completed automatically. Reload your organizations in a moment.",
  });
}

function tooManyOrganizations(): ReasonedError {
  return new ReasonedError({
    code: "TOO_MANY_REQUESTS",
    reason: "TOO_MANY_ORGANIZATIONS",
    message: "You have created 100 organizations today. Try again tomorrow.",
  });
}
