import { ReasonedError } from "../../router/reasoned-error.js";
import type { KeepReply } from "../../router/runner/middleware.js";
import type { OrganizationService } from "../../router/services.js";
import { OWNER } from "../../router/organizations/role-policy.js";
import { builtinPermissions } from "../../router/organizations/role-definitions.js";
import { describeRequirement, type Requirement } from "../../router/requirement.js";
import type { SettingsSchema } from "../../router/definition.js";
import type { Caller } from "../../shared/caller.js";
import type { AddedMember, Invitation, Member } from "../../shared/organization.js";
import { mergeFields } from "../fields/merge-fields.js";
import { currentRecorder, withoutRecorder } from "../tables/reads/read-recorder.js";
import { actorOf } from "../audit/action-log.js";
import { createAuditRefusals } from "./audit-refusals.js";
import { addMember } from "./add-member.js";
import type { Invitations, NewInvitation } from "./invitations.js";
import type { InvitationRow } from "./invitation-store.js";
import type { Membership } from "./membership.js";
import type { MemberRow } from "./member-store.js";
import type { OrganizationDeletion } from "./organization-deletion.js";
import type { OrganizationDeps } from "./organization-deps.js";
import type { OrganizationRow } from "./organization-store.js";
import { assertOwner, byRank, notAMember } from "./role-checks.js";

export interface OrganizationServiceOptions {
  readonly deps: OrganizationDeps;
  readonly membership: Membership;
  readonly invitations: Invitations;
  readonly deletion: OrganizationDeletion;
  /** Whether the organization exists. It can be deleted during a call. */
  readonly exists: () => boolean;
  readonly settings: SettingsSchema | undefined;
  readonly caller: Caller;
}

/** The organization for the procedures of one call, and the permissions that the call requires. */
export function createOrganizationService(options: OrganizationServiceOptions) {
  const { deps, membership, invitations, deletion, exists, settings, caller } = options;
  const { rolePolicy, organizations, members, transaction, outbox, log } = deps;
  const requirements: Requirement[] = [];

  /** Reads the member each time, because the membership can end during the call. @throws TRPCError FORBIDDEN (NOT_A_MEMBER) */
  function actor(): "system" | MemberRow {
    // The result of a live query that reads the role belongs to this caller only. A check does not reveal the role.
    currentRecorder()?.recordCaller();
    if (caller.type === "system") return "system";
    const member = caller.type === "user" ? members.find(caller.userId) : undefined;
    if (member) return member;
    throw notAMember();
  }

  function self(): MemberRow {
    const who = actor();
    if (who === "system") throw userRequired();
    return who;
  }

  /** @throws TRPCError FORBIDDEN (NOT_A_MEMBER, MISSING_PERMISSION) */
  function authorize(requirement: Requirement): void {
    const who = actor();
    // The app itself has the permissions of an owner.
    if (!rolePolicy.allows(who === "system" ? OWNER : who.role, requirement)) throw missingPermission(requirement);
  }

  /**
   * Checks the required permissions again: they may have been revoked since the call arrived.
   * @throws TRPCError FORBIDDEN (NOT_A_MEMBER, MISSING_PERMISSION)
   */
  function authorizeAgain(): void {
    actor();
    for (const requirement of requirements) authorize(requirement);
  }

  const refusals = createAuditRefusals({
    actor: () => actorOf(caller),
    // A microtask never runs inside a transaction. Not recorded, because a live query cannot write.
    recordLater: (action) =>
      queueMicrotask(() => {
        if (exists()) withoutRecorder(() => transaction(() => log.add(action)));
      }),
  });
  const onUser = (userId: string) => ({ type: "user", id: userId });
  const onInvitation = (id: string) => ({ type: "invitation", id });

  function requireOrganization(): OrganizationRow {
    const organization = organizations.read();
    if (!organization) throw notAMember();
    return organization;
  }

  function authorizeManager() {
    authorizeAgain();
    authorize(builtinPermissions.manageMembers);
    return actor();
  }

  const service: OrganizationService = {
    requirePermission(requirement, path) {
      requirements.push(requirement);
      try {
        authorize(requirement);
      } catch (error) {
        refusals.record("permission.denied", path === undefined ? undefined : { type: "procedure", id: path }, error);
        throw error;
      }
    },

    get() {
      const { settings: stored, ...rest } = requireOrganization();
      const who = actor();
      // The app itself has the permissions of an owner.
      const role = who === "system" ? OWNER : who.role;
      return { ...rest, ...(settings && { settings: stored }), role, permissions: rolePolicy.permissionsOf(role) };
    },

    update(patch) {
      const organization = requireOrganization();
      const changed = [...(patch.name === undefined ? [] : ["name"]), ...Object.keys(patch.settings ?? {})];
      if (changed.length > 0)
        log.add({ actor: actorOf(caller), action: "organization.update", detail: changed.join(" ") });
      if (settings && patch.settings) {
        organizations.setSettings(mergeFields(settings, organization.settings, patch.settings, "settings"));
      }
      if (patch.name !== undefined && patch.name !== organization.name) {
        organizations.setName(patch.name);
        membership.notifyAll();
        invitations.notifyAll();
      }
      return service.get();
    },

    leave: refusals.wrap(
      "member.leave",
      () => undefined,
      () => membership.leave(self().userId),
    ),
    transfer: refusals.wrap("organization.transfer", onUser, (userId: string) => membership.transfer(actor(), userId)),

    delete: refusals.wrap(
      "organization.delete",
      () => undefined,
      async (keepReply: KeepReply | undefined) => {
        transaction(() => {
          assertOwner(actor());
          deletion.begin();
          keepReply?.(undefined);
        });
        await outbox.flushPosted();
        await deletion.finish();
      },
    ),

    members: () => byRank(rolePolicy, members.list()).map(toMember),
    addMember: refusals.wrap(
      "member.add",
      ({ userId }) => onUser(userId),
      async (added: AddedMember) => toMember(await addMember(deps, membership, added)),
    ),
    setRole: refusals.wrap("member.setRole", onUser, (userId: string, role: string) =>
      toMember(membership.setRole(actor(), userId, role)),
    ),
    remove: refusals.wrap("member.remove", onUser, (userId: string) => membership.remove(actor(), userId)),

    invitations: () => invitations.list().map(toInvitation),
    invite: refusals.wrap(
      "invitation.create",
      () => undefined,
      async (invitation: NewInvitation) => toInvitation(await invitations.invite(invitation, authorizeManager)),
    ),
    cancel: refusals.wrap("invitation.cancel", onInvitation, (id: string) => invitations.cancel(actor(), id)),
    resend: refusals.wrap("invitation.resend", onInvitation, async (id: string) =>
      toInvitation(await invitations.resend(id, authorizeManager)),
    ),
    audit: (filter) => log.list(filter),
    roles: () => rolePolicy.roles,
  };

  return { service, check: authorizeAgain, self };
}

function toMember({ userId, email, role, joinedAt }: MemberRow): Member {
  return { userId, email, role, joinedAt };
}

function toInvitation({ inviterVerified, ...row }: InvitationRow): Invitation {
  const { id, email, role, invitedBy, createdAt, expiresAt } = row;
  const inviter = invitedBy === undefined ? undefined : { email: invitedBy, emailVerified: inviterVerified };
  return { id, email, role, invitedBy, inviter, createdAt, expiresAt };
}

function userRequired(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "USER_REQUIRED",
    message: "The app itself makes this call and is not a member. Call the procedure through `asUser()`.",
  });
}

function missingPermission(requirement: Requirement): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "MISSING_PERMISSION",
    message: `Your role in this organization does not have the permission ${describeRequirement(requirement)}. Ask an owner for another role.`,
  });
}
