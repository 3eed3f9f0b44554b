import { TRPCError, type TRPCProcedureBuilder, type TRPCUnsetMarker } from "@trpc/server";
import { z } from "zod";
import { withAtomicMutations } from "./atomic-mutations.js";
import { checkCaller } from "./caller-check.js";
import type { BaseContext, OrganizationContext, UserContext } from "./context.js";
import type { AppDefinition } from "./definition.js";
import { parseName, toName } from "../shared/owner.js";
import { placed, type Placement } from "./kind.js";
import { notAnOrganizationId, otherOrganization } from "./organizations/organization-id-errors.js";
import { roomOf } from "./room.js";

/** A fresh builder of a tRPC root. */
type RootBuilder<TContext, TErrorShape> = TRPCProcedureBuilder<
  TContext,
  object,
  object,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TErrorShape
>;

/**
 * Narrows the context of the procedures behind a middleware. It is a type only: the Durable Object has put the
 * values there before the first middleware ran, and `next({ ctx: undefined })` passes the same context on.
 */
function narrow<TContext>(): TContext {
  return undefined as TContext;
}

/** The base procedures, one for each place where a procedure can run. */
export function createBaseProcedures<TApp extends AppDefinition, TContext extends BaseContext<TApp>, TErrorShape>(
  root: RootBuilder<TContext, TErrorShape>,
) {
  const procedure = withAtomicMutations(root);

  const ownUser = (setsCookies: Placement["setsCookies"]) =>
    placed(
      { kind: "user", setsCookies },
      procedure.use(({ ctx, next }) => {
        checkCaller(ctx, () => {
          if (ctx.caller.type === "anonymous") throw signInFirst();
          if (ctx.caller.type === "system") throw noUser();
        });
        if (roomOf(ctx)?.address.type !== "user") throw wrongObject();
        return next({ ctx: narrow<UserContext<TApp>>() });
      }),
    );

  const organizationProcedure = placed(
    { kind: "organization", setsCookies: "never" },
    procedure.input(z.object({ organizationId: z.string() })).use(({ ctx, input, next }) => {
      checkCaller(ctx, () => {
        if (ctx.caller.type === "anonymous") throw signInFirst();
      });
      const address = roomOf(ctx)?.address;
      if (address?.type !== "organization") throw wrongObject();
      // A socket, and the carrier of live queries, could ask one organization's object in another's name.
      if (address.id !== input.organizationId) throw notThisOne(input.organizationId);
      return next({ ctx: narrow<OrganizationContext<TApp>>() });
    }),
  );

  const emailProcedure = placed(
    { kind: "email", setsCookies: "always" },
    procedure.use(({ ctx, next }) => {
      if (roomOf(ctx)?.address.type !== "email") throw wrongObject();
      return next();
    }),
  );

  const refreshProcedure = placed(
    { kind: "refresh", setsCookies: "always" },
    procedure.use(({ ctx, next }) => {
      if (roomOf(ctx)?.address.type !== "user") throw wrongObject();
      return next();
    }),
  );

  const mailProcedure = placed(
    { kind: "mail", setsCookies: "never" },
    procedure.use(({ ctx, next }) => {
      if (roomOf(ctx)?.address.type !== "user") throw wrongObject();
      return next();
    }),
  );

  const liveProcedure = placed(
    { kind: "live", setsCookies: "never" },
    procedure.use(({ ctx, next }) => {
      if (ctx.caller.type === "anonymous") throw signInFirst();
      return next();
    }),
  );

  return {
    procedure,
    userProcedure: ownUser("never"),
    organizationProcedure,
    /** For the built-in routers: found by the address in the input, and answered with cookies. */
    emailProcedure,
    /** For the built-in routers: found by a refresh token, which is all the proof there is. */
    refreshProcedure,
    /** For the built-in routers: found by the token in the input, which says and shows whose it is. */
    mailProcedure,
    /** For the carrier of live queries: in the object of the organization in its input, or the caller's own. */
    liveProcedure,
    /** For the built-in routers: in the caller's own object, and answered with cookies. */
    cookieProcedure: ownUser("always"),
    /** For the built-in routers: in the caller's own object, and may end the session that calls. */
    endingProcedure: ownUser("sometimes"),
  };
}

/** @internal */
export function signInFirst(): TRPCError {
  return new TRPCError({ code: "UNAUTHORIZED", message: "Nobody is signed in. Sign in, then call this again." });
}

function noUser(): TRPCError {
  return new TRPCError({
    code: "BAD_REQUEST",
    message: "This procedure runs in a user's own object. Call it as that user: caller.asUser({ userId }).",
  });
}

function notThisOne(id: string): TRPCError {
  return parseName(toName({ type: "organization", id })) ? otherOrganization(id) : notAnOrganizationId();
}

function wrongObject(): TRPCError {
  return new TRPCError({
    code: "FORBIDDEN",
    message: "This procedure belongs to another kind of owner than the one that was asked.",
  });
}
