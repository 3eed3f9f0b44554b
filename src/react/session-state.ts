/** A user, as far as the page needs to know them. */
export interface SessionUser {
  readonly id: string;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly createdAt: Date;
}

/** Who is signed in on this page. */
export type SessionState =
  | { readonly status: "loading"; readonly user: undefined }
  | { readonly status: "signedIn"; readonly user: SessionUser }
  | { readonly status: "signedOut"; readonly user: undefined }
  /** The server could not be asked. */
  | { readonly status: "error"; readonly user: undefined; readonly error: Error };

/** What `auth.me` answered, read as a state; an answer that is still to come is `loading`. */
export function sessionStateOf(answer: SessionUser | null | undefined, error: Error | null): SessionState {
  if (answer === undefined && error) return { status: "error", user: undefined, error };
  if (answer === undefined) return { status: "loading", user: undefined };
  return answer ? { status: "signedIn", user: answer } : { status: "signedOut", user: undefined };
}
