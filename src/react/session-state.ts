import type { inferRouterOutputs, AnyTRPCRouter } from "@trpc/server";
import type { User } from "../client/index.js";

/** The app's user type, as `auth.me` returns it: with the profile, if the app has one. */
export type SessionUserOf<TRouter extends AnyTRPCRouter> =
  inferRouterOutputs<TRouter> extends { auth: { me: { user: infer TUser extends User } } } ? TUser : User;

/** The sign-in state of this page. */
export type SessionState<TUser extends User = User> =
  | { readonly status: "loading"; readonly user: undefined }
  | { readonly status: "signedIn"; readonly user: TUser }
  | { readonly status: "signedOut"; readonly user: undefined }
  /** The server could not be reached. */
  | { readonly status: "error"; readonly user: undefined; readonly error: Error };

/** Returns the state for a result of `auth.me`; `loading` before there is one. */
export function sessionStateOf<TUser extends User>(
  user: TUser | null | undefined,
  error: Error | null,
): SessionState<TUser> {
  if (user === undefined && error) return { status: "error", user: undefined, error };
  if (user === undefined) return { status: "loading", user: undefined };
  return user ? { status: "signedIn", user } : { status: "signedOut", user: undefined };
}
