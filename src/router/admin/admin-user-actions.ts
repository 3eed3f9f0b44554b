import { z } from "zod";
import type { OperatorPermission } from "../app-roles/app-role-definitions.js";
import type { AppRolePolicy } from "../app-roles/app-role-policy.js";
import { appCan } from "../app-roles/app-can.js";
import { builtinRoot } from "../builtin-root.js";
import { repeatable } from "../repeatable.js";
import { requireService } from "../services.js";
import { idInput, reasonInput, restoreInput, restorePointOf } from "./admin-inputs.js";

const { appProcedure, confidentialProcedure } = builtinRoot;

const onUser = { userId: idInput, reason: reasonInput };

/** The latest end of a suspension that a `Date` of every client can represent, in milliseconds since the epoch. */
const MAX_UNTIL = Date.UTC(9999, 11, 31);

const untilInput = z
  .date()
  .refine((until) => until.getTime() > Date.now(), "Enter a time in the future.")
  .refine((until) => until.getTime() <= MAX_UNTIL, "Enter a time before the year 10000, or none.");

/**
 * The procedures of `admin.users` that concern one user. All of them throw FORBIDDEN without their permission, which the audit
 * log of the app records, and NOT_FOUND (USER_NOT_FOUND). Changes return `applied: false` if an object could not be reached: they
 * take effect when it can be, and the audit log records them then.
 */
export function createUserActions(policy: AppRolePolicy) {
  const read = (permission: OperatorPermission) => appProcedure.use(appCan(policy, permission));
  const act = (permission: OperatorPermission) => read(permission).use(repeatable);
  const users = (ctx: object) => requireService(ctx, "administration")();

  return {
    /** Describes an account, with its sessions, organizations, storage and undelivered messages. It contains no secrets. */
    get: read("user:read")
      .input(z.strictObject({ userId: idInput }))
      .query(({ ctx, input }) => users(ctx).getUser(input.userId)),

    /**
     * Suspends an account: ends its sessions, closes its sockets and refuses its calls, with the reason ACCOUNT_SUSPENDED. A
     * repeated call replaces the reason and the end.
     * @throws FORBIDDEN for a user with a permission that the caller lacks, CONFLICT (LAST_SUPERADMIN)
     */
    suspend: act("user:suspend")
      .input(z.strictObject({ ...onUser, until: untilInput.optional() }))
      .mutation(({ ctx, input: { until, ...target } }) =>
        users(ctx).actOnUser(
          target,
          { type: "suspend", reason: target.reason, until: until?.getTime() ?? null },
          ctx.idempotencyKey,
        ),
      ),

    /** Ends a suspension. The user has to sign in again. @throws FORBIDDEN as `suspend` */
    unsuspend: act("user:suspend")
      .input(z.strictObject(onUser))
      .mutation(({ ctx, input }) => users(ctx).actOnUser(input, { type: "unsuspend" }, ctx.idempotencyKey)),

    /** Signs a user out everywhere, and revokes mailed links. @throws FORBIDDEN as `suspend` */
    revokeSessions: act("user:session")
      .input(z.strictObject(onUser))
      .mutation(({ ctx, input }) => users(ctx).actOnUser(input, { type: "revokeSessions" }, ctx.idempotencyKey)),

    /**
     * Mails a link that sets a new password to the user.
     * @throws CONFLICT (ACCOUNT_SUSPENDED), PRECONDITION_FAILED (MAIL_NOT_CONFIGURED), TOO_MANY_REQUESTS (TOO_MANY_MAILS)
     */
    sendPasswordReset: act("user:mail")
      .input(z.strictObject(onUser))
      .mutation(({ ctx, input }) => users(ctx).actOnUser(input, { type: "sendPasswordReset" }, ctx.idempotencyKey)),

    /** Mails the link that verifies the address again. @throws as `sendPasswordReset`, CONFLICT (EMAIL_VERIFIED) */
    resendVerification: act("user:mail")
      .input(z.strictObject(onUser))
      .mutation(({ ctx, input }) => users(ctx).actOnUser(input, { type: "resendVerification" }, ctx.idempotencyKey)),

    /**
     * Deletes an account and all its data permanently, also if the user is the last owner of an organization. Its next member
     * in rank then becomes the owner. The app's `onDelete` can refuse.
     * @throws FORBIDDEN as `suspend`, CONFLICT (LAST_SUPERADMIN)
     */
    delete: act("user:delete")
      .input(z.strictObject(onUser))
      .mutation(({ ctx, input }) => users(ctx).actOnUser(input, { type: "delete" }, ctx.idempotencyKey)),

    /**
     * Returns a page of everything that is stored about a user, except secrets. No object stores the reply, so a repeat with the same
     * idempotency key reads the page again.
     * @throws FORBIDDEN as `suspend`, BAD_REQUEST (CURSOR_INVALID)
     */
    export: confidentialProcedure
      .use(appCan(policy, "user:export"))
      .input(z.strictObject({ ...onUser, cursor: z.string().max(4_096).nullish() }))
      .mutation(({ ctx, input: { cursor, ...target } }) => users(ctx).exportUser(target, cursor ?? undefined)),

    /**
     * Restores the rows, the keys and the profile of an account as they were at a time of the last 30 days, or at a bookmark that an
     * earlier restore returned. Sessions, the password, the address, roles and memberships stay as they are. Closes the sockets of
     * the user, and all subscriptions get a `reset`.
     * @throws FORBIDDEN as `suspend`, PRECONDITION_FAILED (RESTORE_UNAVAILABLE), BAD_REQUEST (RESTORE_POINT_INVALID), PAYLOAD_TOO_LARGE
     * (RESTORE_TOO_LARGE)
     */
    restore: act("user:restore")
      .input(restoreInput(onUser))
      .mutation(({ ctx, input: { userId, reason, ...point } }) =>
        users(ctx).restore({ target: { type: "user", id: userId }, reason }, restorePointOf(point), ctx.idempotencyKey),
      ),

    /** Posts a message or mail again that could not be delivered. @throws NOT_FOUND (DEAD_LETTER_NOT_FOUND) */
    retryDeadLetter: act("user:repair")
      .input(z.strictObject({ ...onUser, id: z.string().max(256) }))
      .mutation(({ ctx, input: { id, ...target } }) =>
        users(ctx).actOnUser(target, { type: "retryDeadLetter", id }, ctx.idempotencyKey),
      ),
  };
}
