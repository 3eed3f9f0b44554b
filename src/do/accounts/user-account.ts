import { TRPCError } from "@trpc/server";
import type { Session, SignedIn } from "../../shared/account.js";
import type { AccountRoom } from "../../router/room.js";
import type { SessionEffect, SessionTokens } from "../../shared/call.js";
import type { Caller } from "../../shared/caller.js";
import type { AppIdentity } from "../app-identity.js";
import type { InternalRequest, SignInResult } from "../../shared/internal.js";
import { toUser, type AccountRow, type AccountStore } from "./account-store.js";
import { hashPassword, verifyPassword } from "./password.js";
import type { SessionRow } from "./session-row.js";
import type { SessionStore } from "./session-store.js";
import { tokensOf } from "./session-tokens.js";
import { toPublicSession } from "./sessions-room.js";

export interface UserAccountOptions {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly isBorn: () => boolean;
  /** Gives the object its schema and runs `work`, in one transaction. */
  readonly birth: <TResult>(work: () => TResult) => TResult;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  /** How long an access token lives. */
  readonly accessSeconds: number;
  /** Ends what a session still holds open. Called after its row is gone. */
  readonly onSessionEnd: (sessionId: string) => void;
}

type Request<TOp extends InternalRequest["op"]> = Extract<InternalRequest, { op: TOp }>;

/** The account in a user's own object: signing up and in, and the sessions' tokens. */
export function createUserAccount(options: UserAccountOptions) {
  const { userId, identity, isBorn, birth, accounts, sessions, accessSeconds, onSessionEnd } = options;

  async function signIn(account: AccountRow, session: SessionRow): Promise<SignInResult> {
    const tokens = await tokensOf(account, session, identity(), accessSeconds);
    return { signedIn: { user: toUser(account), session: toPublicSession(session) }, tokens };
  }

  function aliveSession(caller: Caller): SessionRow | "none needed" | undefined {
    if (caller.type !== "user" || caller.userId !== userId) return undefined;
    return caller.via === "rpc" ? "none needed" : sessions.alive(caller.sessionId, Date.now());
  }

  return {
    async create({ operationId, email, password, device }: Request<"createAccount">): Promise<SignInResult | "exists"> {
      if (isBorn() && accounts.read()?.operationId !== operationId) return "exists";
      const passwordHash = await hashPassword(password);
      const now = Date.now();
      // The hash took a while: another call may have made the account meanwhile.
      const made = birth(() => {
        const existing = accounts.read();
        if (existing && existing.operationId !== operationId) return undefined;
        const account: AccountRow = existing ?? {
          id: userId,
          email,
          emailVerified: false,
          createdAt: new Date(now),
          passwordHash,
          operationId,
        };
        if (!existing) accounts.insert(account);
        return { account, session: sessions.create(now, device.label) };
      });
      return made ? signIn(made.account, made.session) : "exists";
    },

    async login({ email, password, device }: Request<"login">): Promise<SignInResult | "refused"> {
      const account = isBorn() ? accounts.read() : undefined;
      // The index is not the authority: an address that is not this user's own signs nobody in here.
      const own = account?.email === email ? account : undefined;
      const { ok, outdated } = await verifyPassword(password, own?.passwordHash);
      if (!ok || !own) return "refused";
      if (outdated) accounts.setPasswordHash(await hashPassword(password));
      const session = sessions.create(Date.now(), device.label);
      for (const ended of sessions.trim(session.id)) onSessionEnd(ended);
      return signIn(own, session);
    },

    has(email: string): boolean {
      return isBorn() && accounts.read()?.email === email;
    },

    async refresh(sessionId: string, generation: number): Promise<SessionTokens | "ended"> {
      const session = isBorn() ? sessions.rotate(sessionId, generation, Date.now()) : undefined;
      if (session) return tokensOf(existing(accounts), session, identity(), accessSeconds);
      onSessionEnd(sessionId);
      return "ended";
    },

    /** Whether the caller may still act: a session's row is looked at on every call and every event. */
    isAlive: (caller: Caller): boolean => aliveSession(caller) !== undefined,

    /** {@link isAlive} for a call of the caller's own, which shows that the session is in use. */
    admits(caller: Caller): boolean {
      const session = aliveSession(caller);
      if (typeof session === "object") sessions.touch(session, Date.now());
      return session !== undefined;
    },

    /** The account, as the procedures of one call see it. */
    room(setSession: (effect: SessionEffect) => void): AccountRoom {
      return {
        me: (caller): SignedIn => ({ user: toUser(existing(accounts)), session: sessionOf(sessions, caller) }),
        logout(caller) {
          if (caller.type !== "user" || caller.via !== "session") return;
          sessions.remove(caller.sessionId);
          setSession(null);
          onSessionEnd(caller.sessionId);
        },
      };
    },
  };
}

export type UserAccount = ReturnType<typeof createUserAccount>;

function existing(accounts: AccountStore): AccountRow {
  const account = accounts.read();
  if (!account) throw new TRPCError({ code: "NOT_FOUND", message: "There is no such user." });
  return account;
}

/** A Worker's call has no session of its own: it is told as one that begins and ends with the call. */
function sessionOf(sessions: SessionStore, caller: Caller): Session {
  const now = Date.now();
  const row = caller.type === "user" && caller.via === "session" ? sessions.alive(caller.sessionId, now) : undefined;
  return row ? toPublicSession(row) : { id: "rpc", createdAt: new Date(now), expiresAt: new Date(now) };
}
