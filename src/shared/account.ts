import type { SessionTokens } from "./call.js";

/** A user, as the user's own client sees it. Contains no secrets. */
export interface User<TPermission extends string = string> {
  /**
   * 128 random bits as 32 hex digits, after the jurisdiction of the user if there is one: `eu_0123…`. Never derived from the email
   * address, and never changes.
   */
  readonly id: string;
  /** The email address in its canonical form. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly createdAt: Date;
  /** The names of the user's roles in the app. Every user has "member". */
  readonly roles: readonly string[];
  /** The permissions that these roles give. */
  readonly permissions: readonly TPermission[];
}

/** One sign-in on one device. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  /** When the session ends if it is not used again. */
  readonly expiresAt: Date;
}

/** One of the user's sessions, as `sessions.list` returns it. */
export interface ListedSession extends Session {
  /** The device according to its User-Agent at sign-in, such as "Firefox on Windows". Clients can forge it. */
  readonly device: string | undefined;
  /** The name that the user gave the session. */
  readonly name: string | undefined;
  /** When the session was last used, accurate to five minutes. */
  readonly lastSeenAt: Date;
  /** When the session ends, even if it is used. */
  readonly endsAt: Date;
  /** Whether this is the session that made the call. */
  readonly current: boolean;
}

/** The result of `auth.signup`, `auth.login` and `auth.me`. */
export interface SignedIn<TUser = User> {
  readonly user: TUser;
  readonly session: Session;
  /** Present if the input had `tokens: "body"`. */
  readonly tokens?: SessionTokens;
}

/** The input of a sign-up. */
export interface Signup extends Credentials {
  /** The app's own fields of a user, parsed. Present if the app defines a profile. */
  readonly profile?: unknown;
}

/** An email address and a password. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  /**
   * Whether the reply sets the session's tokens as cookies, or contains them for a client that stores them itself.
   * @default "cookies"
   */
  readonly tokens?: "cookies" | "body" | undefined;
}
