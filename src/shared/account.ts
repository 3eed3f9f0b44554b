import type { SessionTokens } from "./call.js";

/** A user, as they see themselves. Holds no secret. */
export interface User {
  /** 128 random bits as 32 hex digits: never derived from the address, and stable for life. */
  readonly id: string;
  /** The address in its canonical form. */
  readonly email: string;
  readonly emailVerified: boolean;
  readonly createdAt: Date;
}

/** One sign-in on one device. */
export interface Session {
  readonly id: string;
  readonly createdAt: Date;
  /** When it ends unless it is used before. */
  readonly expiresAt: Date;
}

/** One of the user's sessions, as `sessions.list` tells of it. */
export interface ListedSession extends Session {
  /** What the device said it is when it signed in: "Firefox on Windows". A hint, and no proof. */
  readonly device: string | undefined;
  /** What the user calls it. */
  readonly name: string | undefined;
  /** When it was last used, to within five minutes. */
  readonly lastSeenAt: Date;
  /** When it ends, however much it is used. */
  readonly endsAt: Date;
  /** Whether it is the one that asks. */
  readonly current: boolean;
}

/** What signing up, signing in and `auth.me` answer. */
export interface SignedIn<TUser = User> {
  readonly user: TUser;
  readonly session: Session;
  /** Only where they were asked for, by `tokens: "body"`. */
  readonly tokens?: SessionTokens;
}

/** What somebody who signs up gives. */
export interface Signup extends Credentials {
  /** The app's own fields of a user, parsed, if it has any. */
  readonly profile?: unknown;
}

/** An address and its password, as the user typed them. */
export interface Credentials {
  readonly email: string;
  readonly password: string;
  /**
   * Where the session's tokens go: into cookies, or into the answer for a client that keeps them itself.
   * @default "cookies"
   */
  readonly tokens?: "cookies" | "body" | undefined;
}
