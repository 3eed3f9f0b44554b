/**
 * Who makes a call. Workers RPC and the attachments of hibernating sockets can serialize it.
 *
 * `via` is how the user was authenticated: by a `session` of a client that signed in, or over `rpc` by another Worker with the
 * binding, which acts for the user.
 */
export type Caller =
  | { readonly type: "anonymous" }
  | {
      readonly type: "user";
      readonly userId: string;
      readonly via: "session";
      readonly sessionId: string;
      /**
       * The generation of the tokens in the request, which proves that the client received this generation.
       * @internal
       */
      readonly generation?: number;
    }
  | {
      readonly type: "user";
      readonly userId: string;
      readonly via: "rpc";
      /** The session that the call is about, such as that of a request which the Worker handles. It authorizes nothing. */
      readonly sessionId?: string | undefined;
    }
  | { readonly type: "system" };

/** A caller without a token, or with one that is not valid. */
export const anonymous: Caller = { type: "anonymous" };

/** The id of the caller's session; `undefined` if the caller does not have one. */
export function sessionOf(caller: Caller): string | undefined {
  return caller.type === "user" && caller.via === "session" ? caller.sessionId : undefined;
}
