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
   * The sessions that may still call the procedure although they are over, to repeat a call after a lost reply: those that
   * a new password replaced, or all. The procedure has to check the session, and must change nothing if it is over.
   * @default none
   */
  readonly admits?: "replaced" | "ended";
}

const PLACEMENT = Symbol.for("trpc-userdo.placement");
const anywhere: Placement = { kind: "anywhere", setsCookies: "never" };

/** What a builder is given to say that every procedure built on it belongs to `placement`. */
export function placed(placement: Placement): object {
  return { [PLACEMENT]: placement };
}

/** Where a procedure belongs. What was said closest to the resolver holds. */
export function placementOf({ _def: { meta } }: { readonly _def: { readonly meta: unknown } }): Placement {
  return (meta as { readonly [PLACEMENT]?: Placement } | undefined)?.[PLACEMENT] ?? anywhere;
}
