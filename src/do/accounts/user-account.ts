import type { User } from "../../shared/account.js";
import type { Caller } from "../../shared/caller.js";
import type { Device } from "../../shared/device.js";
import type { InternalRequest, Refused, SignInResult } from "../../shared/internal.js";
import type { SessionTokens } from "../../shared/call.js";
import { mailLink } from "./account-mails.js";
import type { AccountDeps } from "./account-deps.js";
import { toUser, type AccountRow } from "./account-store.js";
import { catchRefusal } from "./refusable.js";
import type { SessionRow } from "./sessions/session-row.js";
import { tokensOf } from "./sessions/session-tokens.js";
import { toPublicSession } from "./sessions/sessions-service.js";
import { unrecorded } from "../tables/reads/read-recorder.js";

/** What the app does when somebody comes in. If it fails, nothing has happened. */
export type SignInHook = (user: User, session: SessionRow) => void | Promise<void>;

export interface UserAccountOptions {
  readonly deps: AccountDeps;
  readonly isInitialized: () => boolean;
  /** Whether there is an account: born, and not on its way out. */
  readonly exists: () => boolean;
  /** Gives the object its schema and runs `work`, in one transaction. */
  readonly initialize: <TResult>(work: () => TResult) => TResult;
  readonly onSignup: SignInHook;
  readonly onLogin: SignInHook;
  /** Takes the object back to before its birth. */
  readonly erase: () => Promise<void>;
  /** Does something once the reply is on its way: its time tells nobody anything. */
  readonly runLater: (work: () => void) => void;
}

type Request<TOp extends InternalRequest["op"]> = Extract<InternalRequest, { op: TOp }>;

/** The account in a user's own object: signing up and in, and the sessions' tokens. */
export function createUserAccount(options: UserAccountOptions) {
  const { deps, isInitialized, exists, initialize, onSignup, onLogin, erase, runLater } = options;
  const {
    userId,
    identity,
    accounts,
    sessions,
    passwords,
    mailTokens,
    audit,
    transaction,
    accessSeconds,
    onSessionEnd,
  } = deps;

  async function signIn(account: AccountRow, session: SessionRow, deviceEpoch: string): Promise<SignInResult> {
    const tokens = await tokensOf(account, session, identity(), accessSeconds);
    // The hook may have set fields.
    const user = toUser(accounts.read() ?? account);
    return { signedIn: { user, session: toPublicSession(session) }, tokens, deviceEpoch };
  }

  function findActiveSession(caller: Caller): SessionRow | "none needed" | undefined {
    if (caller.type !== "user" || caller.userId !== userId) return undefined;
    if (caller.via === "rpc") return exists() ? "none needed" : undefined;
    // An account that is being deleted has no session any more.
    return isInitialized() ? sessions.findActive(caller.sessionId, Date.now()) : undefined;
  }

  async function create(
    { operationId, signup, notLookedUp, device, isMailLimited = false }: Request<"createAccount">,
    onMailed: () => void,
  ): Promise<SignInResult | "exists"> {
    const { email, password, profile } = signup;
    if (exists() && accounts.read()?.operationId !== operationId) return "exists";
    const passwordHash = await passwords.hash(password);
    const createdAt = new Date();
    // The hash took a while: another call may have made the account meanwhile.
    const created = initialize(() => {
      const existing = accounts.read();
      if (existing && existing.operationId !== operationId) return undefined;
      const session = sessions.create(Date.now(), device.label);
      const deviceEpoch = deps.deviceEpoch.read();
      if (existing) return { account: existing, session, deviceEpoch, hook: undefined };
      accounts.insert({ id: userId, email, emailVerified: false, createdAt, passwordHash, operationId, profile });
      const account = accounts.read();
      if (!account) throw new Error("An account that was just stored is gone.");
      if (!isMailLimited) mailLink(deps, "verifyEmail", email);
      audit.add({ action: "signup", outcome: "ok", sessionId: session.id, device });
      if (notLookedUp) audit.add({ action: "password.lookUp", outcome: "failed", sessionId: session.id, device });
      return { account, session, deviceEpoch, hook: onSignup(toUser(account), session) };
    });
    if (!created) return "exists";
    try {
      await created.hook;
    } catch (error) {
      // While the hook ran, the alarm may have sent the mail. From here on it cannot.
      if (isInitialized() && mailTokens.isIssued("verifyEmail")) onMailed();
      // The object was born for this sign-up alone.
      await erase();
      throw error;
    }
    return signIn(created.account, created.session, created.deviceEpoch);
  }

  async function login({
    email,
    password,
    device,
    deviceEpoch: epoch,
  }: Request<"login">): Promise<SignInResult | "refused" | "unknown device"> {
    const account = exists() ? accounts.read() : undefined;
    // The index is not the authority: an address that is not this user's own signs nobody in here.
    const own = account?.email === email ? account : undefined;
    // Before the password: the tries of a device that is no longer known are counted with those of strangers.
    if (own && epoch !== undefined && epoch !== deps.deviceEpoch.read()) return "unknown device";
    const ok = await passwords.verify(password, own);
    // Hashing took a while: by now the address or the password may be another.
    if (!ok || !own || accounts.read()?.email !== email) {
      if (own) runLater(() => exists() && auditFailure(device));
      return "refused";
    }
    const { session, deviceEpoch, ended, hook } = transaction(() => {
      const created = sessions.create(Date.now(), device.label);
      audit.add({ action: "login", outcome: "ok", sessionId: created.id, device });
      const hookResult = onLogin(toUser(own), created);
      // Read now: an event that comes while the hook runs also ends this device.
      return {
        session: created,
        deviceEpoch: deps.deviceEpoch.read(),
        hook: hookResult,
        ended: sessions.deleteExcess(created.id),
      };
    });
    for (const id of ended) onSessionEnd(id);
    try {
      await hook;
    } catch (error) {
      sessions.delete(session.id);
      throw error;
    }
    return signIn(own, session, deviceEpoch);
  }

  /** Ends the session if the token was exchanged before and its successor was presented, whatever it is used for. */
  function exchangeToken(
    how: "rotate" | "present",
    sessionId: string,
    generation: number,
    device: Device,
  ): SessionRow | undefined {
    const session = sessions[how](sessionId, generation, Date.now());
    if (session !== "reused") return session;
    audit.add({ action: "session.reuse", outcome: "failed", sessionId, device });
    return undefined;
  }

  function confirm(session: SessionRow, caller: Caller): void {
    if (caller.type === "user" && caller.via === "session") sessions.confirm(session, caller.generation);
  }

  function wasReplaced(sessionId: string): boolean {
    return exists() && sessions.wasReplaced(sessionId, Date.now());
  }

  function auditFailure(device: Device): void {
    audit.add({ action: "login", outcome: "failed", device });
  }

  return {
    async create(request: Request<"createAccount">): Promise<SignInResult | Refused | "exists"> {
      let mailed = false;
      const result = await catchRefusal(() => create(request, () => (mailed = true)));
      return typeof result === "object" && "refused" in result ? { ...result, mailed } : result;
    },

    login: (request: Request<"login">): Promise<SignInResult | Refused | "refused" | "unknown device"> =>
      catchRefusal(() => login(request)),

    hasEmail: (email: string): boolean => exists() && accounts.read()?.email === email,

    /** Whether an address is the account's own, and verified. */
    hasVerified(email: string): boolean {
      const account = exists() ? accounts.read() : undefined;
      return account?.email === email && account.emailVerified;
    },

    async refresh(
      sessionId: string,
      generation: number,
      device: Device,
    ): Promise<SessionTokens | "ended" | "replaced"> {
      const account = exists() ? accounts.read() : undefined;
      const session = account && transaction(() => exchangeToken("rotate", sessionId, generation, device));
      if (account && session) return tokensOf(account, session, identity(), accessSeconds);
      onSessionEnd(sessionId);
      return wasReplaced(sessionId) ? "replaced" : "ended";
    },

    /** Whether a session accepts a generation of its refresh token. The token is not exchanged. */
    acceptsRefreshToken(sessionId: string, generation: number, device: Device): boolean {
      const session = exists() ? transaction(() => exchangeToken("present", sessionId, generation, device)) : undefined;
      if (session) sessions.touch(session, Date.now());
      else onSessionEnd(sessionId);
      return session !== undefined;
    },

    /** Whether a caller's session got a new id that the caller may not know yet: its cookies must not be cleared. */
    wasSessionReplaced: (caller: Caller): boolean =>
      caller.type === "user" && caller.via === "session" && wasReplaced(caller.sessionId),

    /** Whether the caller has or had a session of this user. */
    hasOwnSession: (caller: Caller): boolean =>
      caller.type === "user" && caller.via === "session" && caller.userId === userId,

    /** Whether the caller may still act: a session's row is looked at on every call and every event. */
    hasActiveSession: (caller: Caller): boolean => findActiveSession(caller) !== undefined,

    /** {@link isAlive} for a call of the caller's own, which shows that the session is in use. */
    authorize(caller: Caller): boolean {
      const session = findActiveSession(caller);
      if (typeof session === "object") {
        sessions.touch(session, Date.now());
        confirm(session, caller);
      }
      return session !== undefined;
    },

    /** Records that the caller opened a socket, and with which generation of the session's tokens. */
    onUpgrade(caller: Caller): void {
      const session = findActiveSession(caller);
      if (typeof session !== "object") return;
      sessions.touch(session, Date.now());
      confirm(session, caller);
    },

    /** Records that the caller's session is in use: something was sent to it or received from it over a socket. */
    onUse(caller: Caller): void {
      // A live query's run must not count this as a read or a write of its own.
      unrecorded(() => {
        const session = findActiveSession(caller);
        if (typeof session === "object") sessions.touch(session, Date.now());
      });
    },
  };
}

export type UserAccount = ReturnType<typeof createUserAccount>;
