import type { inferRouterOutputs, AnyTRPCRouter } from "@trpc/server";
import type { User } from "../client/index.js";

/** The app's own user, as `auth.me` answers it: with its profile, if the app has one. */
export type SessionUserOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { auth: { me: { user: infer TUser extends User } } } ? TUser : User;

/** Who is signed in on this page. */
export type SessionState<TUser extends User = User> =
  | { readonly status: "loading"; readonly user: undefined }
  | { readonly status: "signedIn"; readonly user: TUser }
  | { readonly status: "signedOut"; readonly user: undefined }
  /** The server could not be asked. */
  | { readonly status: "error"; readonly user: undefined; readonly error: Error };

/** What `auth.me` answered, read as a state; an answer that is still to come is `loading`. */
export function sessionStateOf<TUser extends User>(
  answer: TUser | null | undefined,
  error: Error | null,
): SessionState<TUser> {
  if (answer === undefined && error) return { status: "error", user: undefined, error };
  if (answer === undefined) return { status: "loading", user: undefined };
  return answer ? { status: "signedIn", user: answer } : { status: "signedOut", user: undefined };
}
