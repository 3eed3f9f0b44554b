/**
 * Who makes a call. Serializable: it crosses Workers RPC and lives in the attachments of sleeping sockets.
 *
 * `via` says how the user was established: a `session` (a browser or client that signed in) or `rpc`
 * (another Worker with the binding, which acts for the user).
 */
export type Caller =
  | { readonly type: "anonymous" }
  | {
      readonly type: "user";
      readonly userId: string;
      readonly via: "session";
      readonly sessionId: string;
      /**
       * The generation of the session's tokens that the request brought: proof that this generation reached its client.
       * @internal
       */
      readonly generation?: number;
    }
  | { readonly type: "user"; readonly userId: string; readonly via: "rpc"; readonly sessionId?: undefined }
  | { readonly type: "system" };

/** Nobody in particular: no token, or one that did not verify. */
export const anonymous: Caller = { type: "anonymous" };

/** The session that a caller acts in, if there is one. */
export function sessionOf(caller: Caller): string | undefined {
  return caller.type === "user" && caller.via === "session" ? caller.sessionId : undefined;
}
