import type {
  AnyTRPCMiddlewareFunction,
  TRPCDefaultErrorShape,
  TRPCProcedureBuilder,
  TRPCRootObject,
  TRPCRuntimeConfigOptions,
  TRPCUnsetMarker,
} from "@trpc/server";
import type { AppContext, BaseContext, OrganizationContext, UserContext } from "./context.js";
import type { AppDefinition } from "./definition.js";
import type { OwnerKind } from "./owner-kind.js";
import { checkPlacementIn } from "./check-placement.js";
import { markPlacement, type Placement } from "./placement.js";
import { organizationInput } from "./runner/app-input.js";

/** The tRPC root of an app. */
export type Root<TContext extends object, TErrorShape extends TRPCDefaultErrorShape> = TRPCRootObject<
  TContext,
  object,
  TRPCRuntimeConfigOptions<TContext, object>,
  { ctx: TContext; meta: object; errorShape: TErrorShape; transformer: true }
>;

/** The procedure builder of a tRPC root, with additional context. */
type RootBuilder<TContext, TErrorShape, TKnown = object, TMeta = object> = TRPCProcedureBuilder<
  TContext,
  TMeta,
  TKnown,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TErrorShape
>;

/** The same, with `organizationId` in the clients' input but not in the resolver's. */
type OrganizationBuilder<TContext, TErrorShape, TKnown> = TRPCProcedureBuilder<
  TContext,
  object | OwnerKind<"organization">,
  TKnown,
  { organizationId: string },
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  TRPCUnsetMarker,
  false,
  TErrorShape
>;

/** Creates the base procedures, one for each placement. */
export function createBaseProcedures<TApp extends AppDefinition, TContext extends BaseContext<TApp>, TErrorShape>(
  root: RootBuilder<TContext, TErrorShape>,
) {
  // The Durable Object adds these values to the context before it runs a procedure, so the type of the middleware does not.
  const withPlacement = <TKnown, TMeta = object>(
    placement: Placement,
  ): RootBuilder<TContext, TErrorShape, TKnown, TMeta> =>
    root.use(createPlacementCheck(placement)) as unknown as RootBuilder<TContext, TErrorShape, TKnown, TMeta>;
  // Clients add `organizationId` to the input. The app's schemas and resolvers receive the input without it.
  const organizationProcedure = <TKnown>(
    options?: Pick<Placement, "endsAccess" | "endsPermission">,
  ): OrganizationBuilder<TContext, TErrorShape, TKnown> =>
    withPlacement<TKnown>({ kind: "organization", setsCookies: "never", ...options }).input(
      organizationInput,
      // Only the type of the resolver's input differs.
    ) as unknown as OrganizationBuilder<TContext, TErrorShape, TKnown>;
  const appProcedure = (options?: Pick<Placement, "endsPermission" | "hasConfidentialReply">) =>
    withPlacement<AppContext<TApp>, object | OwnerKind<"app">>({ kind: "app", setsCookies: "never", ...options });
  const userProcedure = (setsCookies: Placement["setsCookies"]) =>
    withPlacement<UserContext<TApp>, object | OwnerKind<"user">>({ kind: "user", setsCookies });

  return {
    procedure: root,
    userProcedure: userProcedure("never"),
    organizationProcedure: organizationProcedure<OrganizationContext<TApp>>(),
    appProcedure: appProcedure(),
    /** Built-in: ends the caller's membership. */
    leavingProcedure: organizationProcedure<OrganizationContext<TApp>>({ endsAccess: true }),
    /** Built-in: can take permissions in the organization from the caller. */
    memberRoleProcedure: organizationProcedure<OrganizationContext<TApp>>({ endsPermission: true }),
    /** Built-in: can take permissions in the app from the caller. */
    appRoleProcedure: appProcedure({ endsPermission: true }),
    /** Built-in: returns data or credentials of other users. */
    confidentialProcedure: appProcedure({ hasConfidentialReply: true }),
    /** Built-in: runs in the index object of the address in the input, and sets cookies. */
    emailProcedure: withPlacement<object>({ kind: "email", setsCookies: "always" }),
    /** Built-in: like `emailProcedure`, and receives the host and the country of the request. */
    signUpProcedure: withPlacement<object>({ kind: "email", setsCookies: "always", readsRequest: true }),
    /** Built-in: runs in the object of a refresh token's user. The token authenticates the call. */
    refreshProcedure: withPlacement<object>({ kind: "refresh", setsCookies: "always" }),
    /** Built-in: runs in the object of a mailed token's user. The token authenticates the call. */
    mailProcedure: withPlacement<object>({ kind: "mail", setsCookies: "never" }),
    /** Built-in: like `mailProcedure`, but requires a session of that user. */
    ownMailProcedure: withPlacement<object>({ kind: "mail", setsCookies: "never", dependsOnCaller: true }),
    /** Built-in: like `mailProcedure`, but sets cookies. */
    mailCookieProcedure: withPlacement<object>({ kind: "mail", setsCookies: "always" }),
    /** Built-in: for `_live`. Runs in the object of the organization in the input, or in the caller's own. */
    liveProcedure: withPlacement<object>({ kind: "live", setsCookies: "never" }),
    /** Built-in: runs in the object of the organization in the input, in the caller's own, or where the app's code sends it. */
    ownerProcedure: withPlacement<object>({ kind: "owner", setsCookies: "never" }),
    /** Built-in: like `ownerProcedure`, for state that is set again after a reconnect, so that no reply is stored. */
    ownerStateProcedure: withPlacement<object>({ kind: "owner", setsCookies: "never", hasConfidentialReply: true }),
    /** Built-in: the same in the app's object. */
    appStateProcedure: appProcedure({ hasConfidentialReply: true }),
    /** Built-in: runs in the caller's own object, and sets cookies. */
    cookieProcedure: userProcedure("always"),
    /** Built-in: replaces the caller's session. The replaced session can repeat the call if the reply is lost. */
    replacingProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "always",
      acceptsSessions: "replaced",
    }),
    /** Built-in: signs out. An ended session can repeat the call if the reply is lost. */
    signOutProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "always",
      acceptsSessions: "ended",
    }),
    /** Built-in: runs in the caller's own object, and receives the expiry time of the caller's access token. */
    socketTicketProcedure: withPlacement<UserContext<TApp>>({
      kind: "user",
      setsCookies: "never",
      readsAccessExpiry: true,
    }),
    /** Built-in: runs in the caller's own object, and can end the caller's session. */
    endingProcedure: userProcedure("sometimes"),
  };
}

/**
 * Creates the middleware that marks a builder's procedures with their placement. The runner skips it and checks the placement
 * itself. It runs only if the app calls a procedure that is not in a router of `initUserDO`.
 */
function createPlacementCheck(placement: Placement): AnyTRPCMiddlewareFunction {
  const check: AnyTRPCMiddlewareFunction = ({ ctx, next }) => {
    checkPlacementIn(ctx as object, placement);
    return next();
  };
  return markPlacement(check, placement);
}
