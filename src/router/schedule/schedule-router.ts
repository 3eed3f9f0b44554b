import { z } from "zod";
import type { Caller } from "../../shared/caller.js";
import type { NewSchedule } from "../../shared/schedule.js";
import { builtinRoot } from "../builtin-root.js";
import { organizationOf, requireService, servicesOf } from "../services.js";
import { builtinPermissions } from "../organizations/role-definitions.js";
import { ReasonedError } from "../reasoned-error.js";
import type { ScheduleService } from "./schedule-service.js";

const { ownerProcedure } = builtinRoot;

/** The organization of the schedules; without it, the user of the caller, or the app for a call of the system. */
const organizationId = z.string().optional();

const call = {
  path: z.string(),
  input: z.unknown().optional(),
  name: z.string(),
  cancellable: z.boolean().optional(),
  organizationId,
};

type SetInput = Omit<NewSchedule, "time" | "cancellable"> & { readonly cancellable?: boolean | undefined };

const schedulesOf = (ctx: object): ScheduleService => requireService(ctx, "schedules")();

/** Whether a Worker makes the call, and not a client. */
function isServer(caller: Caller): boolean {
  return caller.type === "system" || (caller.type === "user" && caller.via === "rpc");
}

/** @throws ReasonedError FORBIDDEN (SYSTEM_ONLY, NOT_A_MEMBER, MISSING_PERMISSION) if a client may not see the schedules */
function authorizeClient(ctx: { readonly caller: Caller }): void {
  if (isServer(ctx.caller)) return;
  const kind = servicesOf(ctx)?.address.type;
  if (kind === "organization") organizationOf(ctx).requirePermission(builtinPermissions.updateOrganization);
  else if (kind !== "user") throw serverOnly();
}

function authorizeServer(ctx: { readonly caller: Caller }): void {
  if (!isServer(ctx.caller)) throw serverOnly();
}

function set(ctx: { readonly caller: Caller }, time: NewSchedule["time"], given: SetInput): void {
  const { path, input, name, cancellable = false } = given;
  schedulesOf(ctx).set({ time, path, input, name, cancellable });
}

/** Rejects clients before the input is parsed, so that they learn nothing about it. */
const serverProcedure = ownerProcedure.use(({ ctx, next }) => {
  authorizeServer(ctx);
  return next();
});

/** For `createCaller(…).schedule`. The types of clients do not have them. */
const serverProcedures = {
  at: serverProcedure
    .input(z.strictObject({ at: z.date(), ...call }))
    .mutation(({ ctx, input: { at, ...rest } }) => set(ctx, { at }, rest as SetInput)),
  in: serverProcedure
    .input(z.strictObject({ seconds: z.number(), ...call }))
    .mutation(({ ctx, input: { seconds, ...rest } }) => set(ctx, { in: seconds }, rest as SetInput)),
  every: serverProcedure
    .input(z.strictObject({ cron: z.string(), timeZone: z.string().default("UTC"), ...call }))
    .mutation(({ ctx, input: { cron, timeZone, ...rest } }) => set(ctx, { cron, timeZone }, rest as SetInput)),
  retry: serverProcedure.input(z.strictObject({ id: z.string(), organizationId })).mutation(({ ctx, input }) => {
    if (!schedulesOf(ctx).retry(input.id)) throw deadLetterNotFound();
  }),
};

/** The built-in `schedule` procedures. Over HTTP they run in the user's own object, or in that of `organizationId`. */
const clientProcedures = {
  /**
   * Returns a page of the schedules, the next one first. Members of an organization need the permission "organization:update".
   * @throws UNAUTHORIZED (NOT_SIGNED_IN), FORBIDDEN (NOT_A_MEMBER, MISSING_PERMISSION), BAD_REQUEST (CURSOR_INVALID)
   */
  list: ownerProcedure
    .input(
      z
        .strictObject({
          cursor: z.string().nullish(),
          limit: z.number().int().min(1).max(200).optional(),
          /** TanStack's infinite queries send it with the cursor. */
          direction: z.literal("forward").optional(),
          organizationId,
        })
        .prefault({}),
    )
    .query(({ ctx, input: { cursor, limit } }) => {
      authorizeClient(ctx);
      return schedulesOf(ctx).list({ cursor, limit });
    }),

  /**
   * Cancels a schedule with the option `cancellable`. Returns whether it existed. Members of an organization need the permission
   * "organization:update". Workers can cancel any schedule.
   * @throws UNAUTHORIZED (NOT_SIGNED_IN), FORBIDDEN (NOT_A_MEMBER, MISSING_PERMISSION, SYSTEM_ONLY)
   */
  cancel: ownerProcedure.input(z.strictObject({ name: z.string(), organizationId })).mutation(({ ctx, input }) => {
    authorizeClient(ctx);
    const schedules = schedulesOf(ctx);
    if (!isServer(ctx.caller) && schedules.find(input.name)?.cancellable === false) throw notCancellable();
    return schedules.cancel(input.name);
  }),
};

export const scheduleRouter: typeof clientProcedures = { ...clientProcedures, ...serverProcedures };

function serverOnly(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "SYSTEM_ONLY",
    message:
      "Only the app itself can use these schedules. Call `schedule` from a Worker, through createCaller(env.BINDING).",
  });
}

function notCancellable(): ReasonedError {
  return new ReasonedError({
    code: "FORBIDDEN",
    reason: "SYSTEM_ONLY",
    message: "Only the app itself can cancel this schedule. To let clients cancel it, set its option `cancellable`.",
  });
}

function deadLetterNotFound(): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "DEAD_LETTER_NOT_FOUND",
    message: "This dead letter does not exist, was already retried, or is not that of a schedule.",
  });
}
