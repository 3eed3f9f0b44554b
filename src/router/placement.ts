/**
 * The object in which a procedure runs.
 *
 * - `anywhere`: where the call arrives: in the Worker over HTTP, in the object on a socket
 * - `user`: in the caller's own `user:` object
 * - `organization`: in `organization:<organizationId>`
 * - `mail`: in the object of the user to whom the token of its input was mailed
 * - `email`: in the index object of the email address of its input, which calls the user's object
 * - `live`: in the object of the organization of its input, or without one in the caller's own
 * - `refresh`: in the object of the user of the refresh token, from the input or a cookie
 */
export interface Placement {
  readonly kind: "anywhere" | "user" | "organization" | "email" | "refresh" | "mail" | "live";
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
   * The ended sessions that can still call the procedure, to repeat a call after a lost reply: those that a new password
   * replaced, or all. The procedure must check the session, and must not change anything if it has ended.
   * @default none
   */
  readonly acceptsSessions?: "replaced" | "ended";
}

const PLACEMENT = Symbol.for("trpc-userdo.placement");
const anywhere: Placement = { kind: "anywhere", setsCookies: "never" };

/** The `meta` that gives a builder's procedures a placement. */
export function placementMeta(placement: Placement): object {
  return { [PLACEMENT]: placement };
}

interface WithPlacement {
  readonly meta?: unknown;
  readonly [PLACEMENT]?: Placement;
}

/** The placement of a procedure. If its builders declared several, the last one applies. */
export function placementOf({ _def }: { readonly _def: WithPlacement }): Placement {
  return _def[PLACEMENT] ?? (_def.meta as WithPlacement | undefined)?.[PLACEMENT] ?? anywhere;
}

/** Stores the placement of a completed procedure outside of its `meta`, which belongs to the app. */
export function markPlacement(definition: object, placement: Placement): void {
  Object.defineProperty(definition, PLACEMENT, { value: placement });
}

/** The app's own part of a procedure's meta, or `undefined` if the app declared none. */
export function metaWithoutPlacement(meta: unknown): unknown {
  if (typeof meta !== "object" || meta === null || !(PLACEMENT in meta)) return meta;
  const { [PLACEMENT]: _placement, ...own } = meta as Record<PropertyKey, unknown>;
  return Reflect.ownKeys(own).length > 0 ? own : undefined;
}
