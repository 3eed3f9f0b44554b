import type { TRPCMutationProcedure } from "@trpc/server";
import { z } from "zod";
import type { Invitation, ListedOrganization, Member } from "../../shared/organization.js";
import { auditFilterFields, pageFields } from "../admin/admin-inputs.js";
import { emailInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { ReasonedError } from "../reasoned-error.js";
import { repeatable } from "../repeatable.js";
import { can } from "./can.js";
import { keepReplyOf } from "../runner/middleware.js";
import { organizationOf, organizationsOf } from "../services.js";
import type { OrganizationView } from "./organization-types.js";
import type { RolePolicy, RoleDescription } from "./role-policy.js";
import { builtinPermissions, type PermissionOf, type RoleOf } from "./role-definitions.js";
import { creationInput, patchInput, type PatchInput } from "./settings.js";

const { router, userProcedure, organizationProcedure, leavingProcedure, memberRoleProcedure } = builtinRoot;

const id = z.string().max(64);
const { manageMembers, updateOrganization } = builtinPermissions;
const manager = organizationProcedure.use(can(manageMembers));

/** The built-in `organizations` procedures. All of them throw UNAUTHORIZED (NOT_SIGNED_IN) without a session. */
export function createOrganizationsRouter<TApp extends AppDefinition>(
  settings: TApp["settings"],
  rolePolicy: RolePolicy,
) {
  // The objects return the roles and the settings that the app defined.
  type Role = RoleOf<TApp["roles"]>;
  type View = OrganizationView<TApp>;
  type Listed = ListedOrganization<Role>;

  const role = z.custom<Role>(
    (value) => typeof value === "string" && rolePolicy.has(value),
    `Choose one of these roles: ${rolePolicy.roles.map(({ name }) => name).join(", ")}.`,
  );

  return router({
    /**
     * Creates an organization that the caller owns.
     * @throws TOO_MANY_REQUESTS above 100 per day, PAYLOAD_TOO_LARGE for settings above 32 KiB
     */
    create: userProcedure
      .use(repeatable)
      .input(creationInput<TApp>(settings))
      .mutation(({ ctx, input }) => organizationsOf(ctx).create(input, ctx.idempotencyKey) as Promise<View>),

    /** Lists all of the caller's organizations, and at most 50 pending invitations, by name. Not paged. */
    list: userProcedure.query(({ ctx }) => organizationsOf(ctx).list() as Listed[]),

    /** Returns the organization. @throws FORBIDDEN unless the caller is a member */
    get: organizationProcedure.query(({ ctx }) => organizationOf(ctx).get() as View),

    /**
     * Renames the organization, or changes fields of its settings: `undefined` keeps a field, `null` clears it.
     * @throws FORBIDDEN without "organization:update", BAD_REQUEST if the settings do not match the schema, PAYLOAD_TOO_LARGE
     *   for settings above 32 KiB
     */
    update: organizationProcedure
      .use(can(updateOrganization))
      .input(patchInput(settings))
      // tRPC cannot infer the input's type while the app is generic.
      .mutation(({ ctx, input }) => organizationOf(ctx).update(input)) as unknown as TRPCMutationProcedure<{
      input: { organizationId: string } & PatchInput<TApp>;
      output: View;
      meta: object;
    }>,

    /** Ends the caller's membership. @throws FORBIDDEN unless the caller is a member, CONFLICT for the last owner */
    leave: leavingProcedure.mutation(({ ctx }) => organizationOf(ctx).leave()),

    /**
     * Makes another member an owner. The caller gets the highest role below the owner's.
     * @throws FORBIDDEN unless the caller is an owner, NOT_FOUND (MEMBER_NOT_FOUND)
     */
    transfer: organizationProcedure
      .input(z.object({ userId: id }))
      .mutation(({ ctx, input }) => organizationOf(ctx).transfer(input.userId)),

    /** Deletes the organization and all its data permanently. @throws FORBIDDEN unless the caller is an owner */
    delete: leavingProcedure
      .use(repeatable)
      .mutation(({ ctx, ...options }) => organizationOf(ctx).delete(keepReplyOf(options))),

    members: router({
      /** Lists all members, the highest role first. Not paged. @throws FORBIDDEN unless the caller is a member */
      list: organizationProcedure.query(({ ctx }) => organizationOf(ctx).members() as Member<Role>[]),

      /**
       * Changes the role of a member. Both roles must be below the caller's own, unless the caller is an owner.
       * @throws FORBIDDEN without "member:manage" or a high enough role, NOT_FOUND (MEMBER_NOT_FOUND), CONFLICT for the last
       *   owner
       */
      setRole: memberRoleProcedure
        .use(can(manageMembers))
        .input(z.object({ userId: id, role }))
        .mutation(({ ctx, input }) => organizationOf(ctx).setRole(input.userId, input.role) as Member<Role>),

      /**
       * Removes a member: their next call fails, and their sockets close.
       * @throws FORBIDDEN without "member:manage" or a high enough role, NOT_FOUND (MEMBER_NOT_FOUND), CONFLICT for the last
       *   owner
       */
      remove: manager.input(z.object({ userId: id })).mutation(({ ctx, input }) => {
        if (!organizationOf(ctx).remove(input.userId)) throw memberNotFound();
      }),
    }),

    invitations: router({
      /** Lists the pending invitations, at most 1,000, the newest first. Not paged. @throws FORBIDDEN without "member:manage" */
      list: manager.query(({ ctx }) => organizationOf(ctx).invitations() as Invitation<Role>[]),

      /**
       * Invites an email address, with or without an account. Returns a pending invitation unchanged if it has the same role.
       * @throws FORBIDDEN without "member:manage" or a high enough role, CONFLICT for a member, PRECONDITION_FAILED
       *   (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS
       */
      create: manager
        .use(repeatable)
        .input(z.object({ email: emailInput, role }))
        .mutation(({ ctx, input }) => organizationOf(ctx).invite(input) as Promise<Invitation<Role>>),

      /** Cancels an invitation. @throws FORBIDDEN without "member:manage" or a high enough role, NOT_FOUND (INVITATION_NOT_FOUND) */
      cancel: manager.input(z.object({ invitationId: id })).mutation(({ ctx, input }) => {
        if (!organizationOf(ctx).cancel(input.invitationId)) throw invitationNotFound();
      }),

      /**
       * Mails an invitation again, and extends it by a week.
       * @throws FORBIDDEN, NOT_FOUND as `cancel`, PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS
       */
      resend: manager
        .use(repeatable)
        .input(z.object({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationOf(ctx).resend(input.invitationId) as Promise<Invitation<Role>>),

      /**
       * Accepts an invitation, which makes the caller a member. A repeated call returns the same.
       * @throws FORBIDDEN until the caller's address is verified, NOT_FOUND (INVITATION_NOT_FOUND) if the invitation is for another
       *   address or no longer valid
       */
      accept: userProcedure
        .use(repeatable)
        .input(z.strictObject({ invitationId: id }))
        .mutation(
          ({ ctx, input }) =>
            organizationsOf(ctx).accept(input.invitationId) as Promise<Extract<Listed, { status: "member" }>>,
        ),

      /** Declines an invitation. @throws FORBIDDEN, NOT_FOUND as `accept` */
      decline: userProcedure
        .input(z.strictObject({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationsOf(ctx).decline(input.invitationId)),

      /**
       * Declines all invitations of `organizations.list`, and returns their number.
       * @throws FORBIDDEN until the caller's address is verified
       */
      declineAll: userProcedure.mutation(({ ctx }) => organizationsOf(ctx).declineAll()),

      /**
       * Blocks the inviter of an invitation: the caller receives no more invitations and mail from them, for any organization,
       * and pending ones are deleted. The inviter is not notified.
       * @throws FORBIDDEN, NOT_FOUND as `accept`, BAD_REQUEST if the app itself sent the invitation, TOO_MANY_REQUESTS above 1,000
       */
      blockInviter: userProcedure
        .input(z.strictObject({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationsOf(ctx).blockInviter(input.invitationId)),

      /** Unblocks an inviter, whose later invitations arrive again. @throws NOT_FOUND (BLOCK_NOT_FOUND) */
      unblockInviter: userProcedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => {
        if (!organizationsOf(ctx).unblockInviter(input.id)) throw blockNotFound();
      }),

      /** Lists the inviters whom the caller blocks, at most 1,000, the newest first. Not paged. */
      blockedInviters: userProcedure.query(({ ctx }) => organizationsOf(ctx).blockedInviters()),
    }),

    audit: router({
      /**
       * Returns a page of the organization's audit log, the newest entries first: members, roles, invitations, settings and
       * calls that were refused.
       * @throws FORBIDDEN without "member:manage", BAD_REQUEST (CURSOR_INVALID)
       */
      list: manager
        .input(z.object({ ...pageFields, ...auditFilterFields }))
        .query(({ ctx, input: { direction: _direction, cursor, ...filter } }) =>
          organizationOf(ctx).audit({ ...filter, cursor: cursor ?? undefined }),
        ),
    }),

    roles: router({
      /** Lists the roles with their permissions, the highest first. @throws FORBIDDEN unless the caller is a member */
      list: organizationProcedure.query(
        ({ ctx }) => organizationOf(ctx).roles() as RoleDescription<Role, PermissionOf<TApp["roles"]>>[],
      ),
    }),
  });
}

function memberNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "MEMBER_NOT_FOUND",
    message: "This user is not a member of the organization. Reload the list of members.",
  });
}

function blockNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "BLOCK_NOT_FOUND",
    message: "You do not block this inviter. Reload the list of blocked inviters.",
  });
}

function invitationNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "INVITATION_NOT_FOUND",
    message: "This invitation does not exist or is no longer valid. Reload the list of invitations.",
  });
}
