import type { TRPCProcedureBuilder, TRPCUnsetMarker } from "@trpc/server";
import type { BaseContext, OrganizationContext, UserContext } from "./context.js";
import type { AppDefinition } from "./definition.js";
import { wrapBuilder } from "./wrap-builder.js";
import { organizationInput } from "./app-input.js";
import { placementMeta, type Placement } from "./placement.js";

/** A fresh builder of a tRPC root, or one whose context is known to hold more. */
type RootBuilder<TContext, TErrorShape, TKnown = object> = TRPCProcedureBuilder<
  TContext,
  object,
  TKnown,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TErrorShape
>;

/** The same, with `organizationId` in the input of the clients and not in the resolver's. */
type OrganizationBuilder<TContext, TErrorShape, TKnown> = TRPCProcedureBuilder<
  TContext,
  object,
  TKnown,
  { organizationId: string },
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TErrorShape
>;

/** The base procedures, one for each place where a procedure can run. */
export function createBaseProcedures<TApp extends AppDefinition, TContext extends BaseContext<TApp>, TErrorShape>(
  root: RootBuilder<TContext, TErrorShape>,
) {
  // Said of the type only: the Durable Object that a procedure belongs to puts the values there before it runs. A
  // middleware could say it without a cast, and would cost every call.
  const withPlacement = <TKnown>(placement: Placement): RootBuilder<TContext, TErrorShape, TKnown> =>
    wrapBuilder(root.meta(placementMeta(placement))) as unknown as RootBuilder<TContext, TErrorShape, TKnown>;
  // Clients add `organizationId` to the input. The app's schemas and resolvers get the input without it.
  const organizationProcedure = <TKnown>(): OrganizationBuilder<TContext, TErrorShape, TKnown> =>
    withPlacement<TKnown>({ kind: "organization", setsCookies: "never" }).input(
      organizationInput,
      // Only the type of the resolver's input differs.
    ) as unknown as OrganizationBuilder<TContext, TErrorShape, TKnown>;
  const userProcedure = (setsCookies: Placement["setsCookies"]) =>
    withPlacement<UserContext<TApp>>({ kind: "user", setsCookies });

  return {
    procedure: wrapBuilder(root),
    userProcedure: userProcedure("never"),
    organizationProcedure: organizationProcedure<OrganizationContext<TApp>>(),
    /** For the built-in routers: found by the address in the input, and answered with cookies. */
    emailProcedure: withPlacement<object>({ kind: "email", setsCookies: "always" }),
    /** For the built-in routers: found by a refresh token, which is all the proof there is. */
    refreshProcedure: withPlacement<object>({ kind: "refresh", setsCookies: "always" }),
    /** For the built-in routers: found by the token in the input, which says and shows whose it is. */
    mailProcedure: withPlacement<object>({ kind: "mail", setsCookies: "never" }),
    /** For the built-in routers: the same, for a caller with a session of that user only. */
    ownMailProcedure: withPlacement<object>({ kind: "mail", setsCookies: "never", dependsOnCaller: true }),
    /** For the built-in routers: found by the token in the input as well, and answered with cookies. */
    mailCookieProcedure: withPlacement<object>({ kind: "mail", setsCookies: "always" }),
    /** For the carrier of live queries: in the object of the organization in its input, or the caller's own. */
    liveProcedure: withPlacement<object>({ kind: "live", setsCookies: "never" }),
    /** For the built-in routers: in the caller's own object, and answered with cookies. */
    cookieProcedure: userProcedure("always"),
    /** For the built-in routers: replaces the session that calls, and repeats an answer that was lost. */
    replacingProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "always",
      acceptsSessions: "replaced",
    }),
    /** For the built-in routers: signs out. Succeeds again for a session that is over: the reply may have been lost. */
    signOutProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "always",
      acceptsSessions: "ended",
    }),
    /** For the built-in routers: runs in the caller's own object, and gets the time at which the caller's access token expires. */
    socketTicketProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "never",
      readsAccessExpiry: true,
    }),
    /** For the built-in routers: in the caller's own object, and may end the session that calls. */
    endingProcedure: userProcedure("sometimes"),
  };
}
