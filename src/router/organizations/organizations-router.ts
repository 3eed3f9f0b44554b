import type { TRPCMutationProcedure } from "@trpc/server";
import { z } from "zod";
import type { Invitation, ListedOrganization, Member } from "../../shared/organization.js";
import { emailInput } from "../auth/credentials.js";
import { builtinRoot } from "../builtin-root.js";
import type { AppDefinition } from "../definition.js";
import { ReasonedError } from "../reasoned-error.js";
import { can } from "./can.js";
import { organizationOf, organizationsOf } from "../services.js";
import type { OrganizationView } from "./organization-types.js";
import type { RolePolicy, RoleDescription } from "./role-policy.js";
import { builtinPermissions, type PermissionOf, type RoleOf } from "./role-definitions.js";
import { creationInput, patchInput, type PatchInput } from "./settings.js";

const { router, userProcedure, organizationProcedure } = builtinRoot;

const id = z.string().max(64);
const { manageMembers, updateOrganization } = builtinPermissions;
const manager = organizationProcedure.use(can(manageMembers));

/** The built-in `organizations` procedures: a user's organizations, and what is common to all members of one. */
export function createOrganizationsRouter<TApp extends AppDefinition>(
  settings: TApp["settings"],
  rolePolicy: RolePolicy,
) {
  // What the objects answer holds the roles and the settings as the app defined them.
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
     * @throws TOO_MANY_REQUESTS above 100 in a day, PAYLOAD_TOO_LARGE for settings above 32 KiB
     */
    create: userProcedure
      .input(creationInput<TApp>(settings))
      .mutation(({ ctx, input }) => organizationsOf(ctx).create(input) as Promise<View>),

    /** The caller's organizations, and those that they are invited to, by name. @throws UNAUTHORIZED for nobody */
    list: userProcedure.query(({ ctx }) => organizationsOf(ctx).list() as Listed[]),

    /** @throws FORBIDDEN for all but its members */
    get: organizationProcedure.query(({ ctx }) => organizationOf(ctx).get() as View),

    /**
     * Renames it, or changes fields of its settings: `undefined` keeps one, `null` clears it.
     * @throws FORBIDDEN without "organization:update", BAD_REQUEST when the settings as a whole are none,
     *   PAYLOAD_TOO_LARGE above 32 KiB
     */
    update: organizationProcedure
      .use(can(updateOrganization))
      .input(patchInput(settings))
      // tRPC cannot work the input's type out while the app is still generic.
      .mutation(({ ctx, input }) => organizationOf(ctx).update(input)) as unknown as TRPCMutationProcedure<{
      input: { organizationId: string } & PatchInput<TApp>;
      output: View;
      meta: object;
    }>,

    /** Ends the caller's membership. @throws CONFLICT for the last owner */
    leave: organizationProcedure.mutation(({ ctx }) => organizationOf(ctx).leave()),

    /**
     * Makes another member an owner; the caller, an owner until now, gets the highest role below.
     * @throws FORBIDDEN for who is no owner, NOT_FOUND for who is no member
     */
    transfer: organizationProcedure
      .input(z.object({ userId: id }))
      .mutation(({ ctx, input }) => organizationOf(ctx).transfer(input.userId)),

    /** Deletes it and all that is in it, at once and for good. @throws FORBIDDEN for who is no owner */
    delete: organizationProcedure.mutation(({ ctx }) => organizationOf(ctx).delete()),

    members: router({
      /** The members, the highest role first. */
      list: organizationProcedure.query(({ ctx }) => organizationOf(ctx).members() as Member<Role>[]),

      /**
       * Gives a member another role. Both roles have to be below the caller's own; an owner's may be any.
       * @throws FORBIDDEN without "member:manage" or the rank, NOT_FOUND for who is no member, CONFLICT for the last owner
       */
      setRole: manager
        .input(z.object({ userId: id, role }))
        .mutation(({ ctx, input }) => organizationOf(ctx).setRole(input.userId, input.role) as Member<Role>),

      /**
       * Ends a membership: the member's next call fails, and their sockets close.
       * @throws FORBIDDEN without "member:manage" or the rank, NOT_FOUND for who is no member, CONFLICT for the last owner
       */
      remove: manager.input(z.object({ userId: id })).mutation(({ ctx, input }) => {
        if (!organizationOf(ctx).remove(input.userId)) throw memberNotFound();
      }),
    }),

    invitations: router({
      /** Those that wait for an answer, the newest first. @throws FORBIDDEN without "member:manage" */
      list: manager.query(({ ctx }) => organizationOf(ctx).invitations() as Invitation<Role>[]),

      /**
       * Invites whoever has an address, with an account or without. One that waits already is answered as it is, unless
       * its role was another.
       * @throws FORBIDDEN without "member:manage" or the rank, CONFLICT for a member, PRECONDITION_FAILED when the app cannot
       *   send mail, TOO_MANY_REQUESTS
       */
      create: manager
        .input(z.object({ email: emailInput, role }))
        .mutation(({ ctx, input }) => organizationOf(ctx).invite(input) as Promise<Invitation<Role>>),

      /** Takes an invitation back. @throws FORBIDDEN without "member:manage" or the rank, NOT_FOUND */
      cancel: manager.input(z.object({ invitationId: id })).mutation(({ ctx, input }) => {
        if (!organizationOf(ctx).cancel(input.invitationId)) throw invitationNotFound();
      }),

      /**
       * Mails an invitation again, which then waits for another week.
       * @throws FORBIDDEN, NOT_FOUND, PRECONDITION_FAILED when the app cannot send mail, TOO_MANY_REQUESTS
       */
      resend: manager
        .input(z.object({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationOf(ctx).resend(input.invitationId) as Promise<Invitation<Role>>),

      /**
       * Makes the caller a member. Again, it answers the same.
       * @throws FORBIDDEN while the caller's address is not verified, NOT_FOUND for one that is not theirs, or not any more
       */
      accept: userProcedure
        .input(z.strictObject({ invitationId: id }))
        .mutation(
          ({ ctx, input }) =>
            organizationsOf(ctx).accept(input.invitationId) as Promise<Extract<Listed, { status: "member" }>>,
        ),

      /** Turns an invitation down. @throws FORBIDDEN, NOT_FOUND as `accept` */
      decline: userProcedure
        .input(z.strictObject({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationsOf(ctx).decline(input.invitationId)),

      /**
       * Declines all invitations that `organizations.list` shows, and returns how many there were.
       * @throws FORBIDDEN while the caller's address is not verified
       */
      declineAll: userProcedure.mutation(({ ctx }) => organizationsOf(ctx).declineAll()),

      /**
       * Blocks the inviter of an invitation: the caller gets no invitation and no mail of theirs any more, to whichever
       * organization, and those that wait are removed. The inviter is not notified.
       * @throws FORBIDDEN, NOT_FOUND as `accept`, BAD_REQUEST when the app itself sent it, TOO_MANY_REQUESTS above 1,000
       */
      blockInviter: userProcedure
        .input(z.strictObject({ invitationId: id }))
        .mutation(({ ctx, input }) => organizationsOf(ctx).blockInviter(input.invitationId)),

      /** Unblocks an inviter. Their later invitations arrive again. @throws NOT_FOUND */
      unblockInviter: userProcedure.input(z.strictObject({ id })).mutation(({ ctx, input }) => {
        if (!organizationsOf(ctx).unblockInviter(input.id)) throw blockNotFound();
      }),

      /** The inviters whom the caller blocks, the newest first. */
      blockedInviters: userProcedure.query(({ ctx }) => organizationsOf(ctx).blockedInviters()),
    }),

    roles: router({
      /** The roles, the highest first, and what each may do. */
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
