/**
 * The object in which a procedure runs.
 *
 * - `anywhere`: where the call arrives: in the Worker over HTTP, in the object on a socket
 * - `user`: in the caller's own `user:` object
 * - `organization`: in `organization:<organizationId>`
 * - `app`: in `app:main`
 * - `mail`: in the object of the user to whom the token of its input was mailed
 * - `email`: in the index object of the email address of its input, which calls the user's object
 * - `live`: in the object of the query: `app:main`, that of the organization of its input, or the caller's own
 * - `owner`: in the object of the organization of its input, or in the caller's own. The app's own code can also call it in
 *   `app:main`
 * - `refresh`: in the object of the user of the refresh token, from the input or a cookie
 */
export interface Placement {
  readonly kind: "anywhere" | "user" | "organization" | "app" | "email" | "refresh" | "mail" | "owner" | "live";
  /**
   * Whether the procedure sets or clears cookies. `always`: rejected on sockets, and an HTTP response is buffered until its
   * cookies are known. `sometimes`: also buffered over HTTP, but allowed on sockets, because the cookies that it would clear are
   * no longer valid.
   */
  readonly setsCookies: "never" | "sometimes" | "always";
  /**
   * Whether the procedure depends on the caller, although its input names the object. An expired access token is then renewed
   * before the call.
   * @default depends on the kind
   */
  readonly dependsOnCaller?: true;
  /**
   * Whether the procedure receives the expiry time of the caller's access token.
   * @default no
   */
  readonly readsAccessExpiry?: true;
  /**
   * Whether the procedure receives the host and the country of the request.
   * @default no
   */
  readonly readsRequest?: true;
  /**
   * The ended sessions that can still call the procedure, to repeat a call after a lost reply: those that a new password
   * replaced, or all. The procedure must check the session, and must not change anything if it has ended.
   * @default none
   */
  readonly acceptsSessions?: "replaced" | "ended";
  /**
   * Whether the procedure ends the caller's access to the object. A repeat with the same idempotency key gets the reply
   * nevertheless. It must not contain data of the object.
   * @default no
   */
  readonly endsAccess?: true;
  /**
   * Whether the procedure can take the permission that it requires from its caller. A repeat with the same idempotency key gets
   * the reply nevertheless. The reply must not contain anything that requires the permission.
   * @default no
   */
  readonly endsPermission?: true;
  /**
   * Whether the reply contains data of other users or their credentials, or is of no use later, so that it is not stored.
   * @default no
   */
  readonly hasConfidentialReply?: true;
}

const PLACEMENT = Symbol.for("trpc-userdo.placement");
const anywhere: Placement = { kind: "anywhere", setsCookies: "never" };

/** Whether the reply can have credentials, or data of other users. It is not stored, so an idempotency key has no effect. */
export function isReplyConfidential(placement: Placement): boolean {
  const { setsCookies, readsAccessExpiry, hasConfidentialReply } = placement;
  return setsCookies === "always" || readsAccessExpiry === true || hasConfidentialReply === true;
}

interface PlacementMark {
  readonly [PLACEMENT]?: Placement;
}

/** Marks a middleware that gives a builder's procedures a placement. Their `meta` belongs to the app. */
export function markPlacement<TMiddleware extends object>(middleware: TMiddleware, placement: Placement): TMiddleware {
  return Object.assign(middleware, { [PLACEMENT]: placement });
}

export function isPlacementMark(middleware: object): boolean {
  return PLACEMENT in middleware;
}

const placements = new WeakMap<object, Placement>();

/** The placement of a procedure. If its builders declared several, the last one applies. */
export function placementOf({ _def }: { readonly _def: object }): Placement {
  let placement = placements.get(_def);
  if (placement) return placement;
  const { middlewares = [] } = _def as { readonly middlewares?: readonly PlacementMark[] };
  placement = middlewares.findLast(isPlacementMark)?.[PLACEMENT] ?? anywhere;
  placements.set(_def, placement);
  return placement;
}
