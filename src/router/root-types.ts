import type { TRPCDefaultErrorShape, TRPCRootObject, TRPCRuntimeConfigOptions } from "@trpc/server";
import type { ErrorReason } from "../shared/error-reason.js";
import type { Owner } from "../shared/owner.js";

/** The fields that are added to an error's data after the app's own formatter. */
export type WithReason<TErrorShape> = TErrorShape & {
  readonly data: {
    /** The stable name of the error. The errors of the framework have one. */
    readonly reason?: ErrorReason;
    /** Seconds after which the call can succeed. Some errors with the code `TOO_MANY_REQUESTS` have it. */
    readonly retryAfter?: number;
    /** Where a procedure runs that was sent to another object. Errors with the reason `WRONG_OBJECT` can have it. */
    readonly owner?: Owner["type"];
    /** The id of an unexpected error in the log. */
    readonly requestId?: string;
  };
};

/** The tRPC root of an app. */
export type Root<TContext extends object, TErrorShape extends TRPCDefaultErrorShape> = TRPCRootObject<
  TContext,
  object,
  TRPCRuntimeConfigOptions<TContext, object>,
  { ctx: TContext; meta: object; errorShape: WithReason<TErrorShape>; transformer: true }
>;
