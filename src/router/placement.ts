/**
 * Where a procedure runs.
 *
 * - `anywhere`: wherever the call already is: the Worker over HTTP, the object on a socket
 * - `user`: in the caller's own `user:` object
 * - `organization`: in `organization:<organizationId>`
 * - `mail`: in the object of the user whom the token in its input was mailed to
 * - `email`: in the index object of the address in its input, and through that in its user's object
 * - `live`: in the organization's object that its input names, or in the caller's own
 * - `refresh`: in the object of the user whose refresh token came along, in the input or by cookie
 */
export interface Placement {
  readonly kind: "anywhere" | "user" | "organization" | "email" | "refresh" | "mail" | "live";
  /**
   * Whether it sets or clears cookies, which only a reply over HTTP can do: such a reply waits for it, as a stream too.
   * `always` is refused on a socket; `sometimes` runs there all the same, for cookies that are worth nothing after it.
   */
  readonly setsCookies: "never" | "sometimes" | "always";
  /**
   * Whether the procedure depends on the caller, although its input names the object. If so, an expired access token is
   * renewed before the call.
   * @default as the kind requires
   */
  readonly dependsOnCaller?: true;
  /**
   * Whether the procedure gets the time at which the caller's access token expires.
   * @default it does not
   */
  readonly readsAccessExpiry?: true;
  /**
   * The sessions that may still call the procedure although they are over, to repeat a call after a lost reply: those that
   * a new password replaced, or all. The procedure has to check the session, and must change nothing if it is over.
   * @default none
   */
  readonly acceptsSessions?: "replaced" | "ended";
}

const PLACEMENT = Symbol.for("trpc-userdo.placement");
const anywhere: Placement = { kind: "anywhere", setsCookies: "never" };

/** What a builder is given to say that every procedure built on it belongs to `placement`. */
export function placementMeta(placement: Placement): object {
  return { [PLACEMENT]: placement };
}

interface Placed {
  readonly meta?: unknown;
  readonly [PLACEMENT]?: Placement;
}

/** The placement of a procedure. If its builders declared several, the last one applies. */
export function placementOf({ _def }: { readonly _def: Placed }): Placement {
  return _def[PLACEMENT] ?? (_def.meta as Placed | undefined)?.[PLACEMENT] ?? anywhere;
}

/** Keeps the placement of a finished procedure outside of its `meta`, which is the app's. */
export function markPlacement(definition: object, placement: Placement): void {
  Object.defineProperty(definition, PLACEMENT, { value: placement });
}

/** The app's own part of a procedure's meta, or `undefined` if the app declared none. */
export function metaWithoutPlacement(meta: unknown): unknown {
  if (typeof meta !== "object" || meta === null || !(PLACEMENT in meta)) return meta;
  const { [PLACEMENT]: _placement, ...own } = meta as Record<PropertyKey, unknown>;
  return Reflect.ownKeys(own).length > 0 ? own : undefined;
}
