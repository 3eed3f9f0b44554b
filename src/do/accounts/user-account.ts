import type { User } from "../../shared/account.js";
import type { Device } from "../../shared/device.js";
import type { InternalReply, InternalRequest, SignInResult } from "../../shared/internal.js";
import { failure, success, type Success } from "../../shared/result.js";
import { mailLink } from "./account-mails.js";
import type { AccountDeps } from "./account-deps.js";
import { toUser, type AccountRow } from "./account-store.js";
import { catchClientError } from "./client-error-result.js";
import type { SessionRow } from "./sessions/session-row.js";
import { AccountSuspended } from "../lifecycle/caller-errors.js";
import { tokensOf } from "./sessions/session-tokens.js";
import { toPublicSession } from "./sessions/sessions-service.js";

/** The app's hook for a sign-up or sign-in. If it fails, the sign-up or sign-in is undone. */
export type SignInHook = (user: User, session: SessionRow) => void | Promise<void>;

export interface UserAccountOptions {
  readonly deps: AccountDeps;
  readonly isInitialized: () => boolean;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
  /** Creates the schema and runs `work` in one transaction. */
  readonly initialize: <TResult>(work: () => TResult) => TResult;
  readonly onSignup: SignInHook;
  readonly onLogin: SignInHook;
  /** Deletes all storage of the object. */
  readonly erase: () => Promise<void>;
  /** Runs work after the reply, so that the time of the reply reveals nothing about it. */
  readonly runLater: (work: () => void) => void;
}

/** Longer than a hook of the app runs. After a crash, the user is reported to the directory at this time. */
const HOOK_MS = 60_000;

type Request<TOp extends InternalRequest["op"]> = Extract<InternalRequest, { op: TOp }>;
type Reply<TOp extends InternalRequest["op"]> = InternalReply<Request<TOp>>;

/** Signs users up and in, and issues the tokens of their sessions, in the user's own object. */
export function createUserAccount(options: UserAccountOptions) {
  const { deps, isInitialized, exists, initialize, onSignup, onLogin, erase, runLater } = options;
  const {
    userId,
    identity,
    accounts,
    sessions,
    suspension,
    passwords,
    mailTokens,
    audit,
    transaction,
    accessSeconds,
    onSessionEnd,
  } = deps;

  /** @throws AccountSuspended */
  function assertNotSuspended(): void {
    const suspended = suspension.read(Date.now());
    if (suspended) throw new AccountSuspended(suspended.until);
  }

  async function signIn(account: AccountRow, session: SessionRow, deviceEpoch: string): Promise<Success<SignInResult>> {
    const tokens = await tokensOf(account, session, identity(), accessSeconds);
    // The app's hook can have set fields.
    const user = toUser(accounts.read() ?? account);
    return success({ signedIn: { user, session: toPublicSession(session) }, tokens, deviceEpoch });
  }

  async function create(
    { operationId, signup, notLookedUp, device, isMailLimited = false }: Request<"createAccount">,
    onMailed: () => void,
  ): Promise<Reply<"createAccount">> {
    const { email, password, profile } = signup;
    if (exists() && accounts.read()?.operationId !== operationId) return failure("ACCOUNT_EXISTS");
    const passwordHash = await passwords.hash(password);
    const createdAt = new Date();
    // Another call can have created the account while the password was hashed.
    const created = initialize(() => {
      const existing = accounts.read();
      if (existing && existing.operationId !== operationId) return undefined;
      assertNotSuspended();
      const session = sessions.create(Date.now(), device.label);
      const deviceEpoch = deps.deviceEpoch.read();
      if (existing) return { account: existing, session, deviceEpoch, hook: undefined };
      accounts.insert({ id: userId, email, emailVerified: false, createdAt, passwordHash, operationId, profile });
      const account = accounts.read();
      if (!account) throw new Error("The account that was just stored does not exist.");
      if (!isMailLimited) mailLink(deps, "verifyEmail", email);
      audit.add({ action: "signup", outcome: "ok", sessionId: session.id, device });
      if (notLookedUp) audit.add({ action: "password.lookUp", outcome: "failed", sessionId: session.id, device });
      const hook = onSignup(toUser(account), session);
      // While the hook runs, the sign-up can be undone.
      deps.directory.report(hook ? { due: Date.now() + HOOK_MS } : {});
      return { account, session, deviceEpoch, hook };
    });
    if (!created) return failure("ACCOUNT_EXISTS");
    try {
      await created.hook;
      if (created.hook) deps.directory.report({ always: true });
    } catch (error) {
      // The alarm can have sent the mail while the hook ran. After the erasure it cannot.
      if (isInitialized() && mailTokens.isIssued("verifyEmail")) onMailed();
      // The object was initialized only for this sign-up.
      await erase();
      throw error;
    }
    return signIn(created.account, created.session, created.deviceEpoch);
  }

  async function login({ email, password, device, deviceEpoch: epoch }: Request<"login">): Promise<Reply<"login">> {
    const account = exists() ? accounts.read() : undefined;
    // The index object is not the authority: only the account's own address signs in here.
    const own = account?.email === email ? account : undefined;
    // Checked before the password, because attempts of an unknown device count with those of strangers.
    if (own && epoch !== undefined && epoch !== deps.deviceEpoch.read()) return failure("UNKNOWN_DEVICE");
    const ok = await passwords.verify(password, own);
    // The address or the password can have changed while the password was hashed.
    if (!ok || !own || accounts.read()?.email !== email) {
      if (own) runLater(() => exists() && auditFailure(device));
      return failure("WRONG_CREDENTIALS");
    }
    const { session, deviceEpoch, ended, hook } = transaction(() => {
      // Only after the right password, so that only the user learns about the suspension.
      assertNotSuspended();
      const created = sessions.create(Date.now(), device.label);
      audit.add({ action: "login", outcome: "ok", sessionId: created.id, device });
      // The setting can be newer than the verification of the address.
      deps.roles.claimBootstrap(own);
      const hookResult = onLogin(toUser(own), created);
      // Read in the transaction, so that an event that happens while the hook runs also revokes this device.
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

  /** Ends the session if the token was exchanged before and a client has presented its successor: it may be a copy. */
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

  function auditFailure(device: Device): void {
    audit.add({ action: "login", outcome: "failed", device });
  }

  return {
    async create(request: Request<"createAccount">): Promise<Reply<"createAccount">> {
      let mailed = false;
      const result = await catchClientError(() => create(request, () => (mailed = true)));
      return !result.ok && result.reason === "CLIENT_ERROR" ? { ...result, mailed } : result;
    },

    login: (request: Request<"login">): Promise<Reply<"login">> => catchClientError(() => login(request)),

    hasEmail: (email: string): boolean => exists() && accounts.read()?.email === email,

    /** Whether an address is the account's own, and verified. */
    hasVerified(email: string): boolean {
      const account = exists() ? accounts.read() : undefined;
      return account?.email === email && account.emailVerified;
    },

    async refresh(sessionId: string, generation: number, device: Device): Promise<Reply<"refresh">> {
      const account = exists() ? accounts.read() : undefined;
      const session =
        account &&
        transaction(() => {
          const exchanged = exchangeToken("rotate", sessionId, generation, device);
          if (exchanged) deps.roles.claimBootstrap(account);
          return exchanged;
        });
      if (account && session) return success(await tokensOf(account, session, identity(), accessSeconds));
      const suspended = account && suspension.read(Date.now());
      if (suspended) return { ...failure("ACCOUNT_SUSPENDED"), until: suspended.until };
      onSessionEnd(sessionId);
      const wasReplaced = exists() && sessions.wasReplaced(sessionId, Date.now());
      return failure(wasReplaced ? "SESSION_REPLACED" : "SESSION_ENDED");
    },

    /** Whether a session accepts a generation of its refresh token. The token is not exchanged. */
    acceptsRefreshToken(sessionId: string, generation: number, device: Device): boolean {
      // The socket's own object refuses it then, with the reason.
      if (exists() && suspension.read(Date.now())) return true;
      const session = exists() ? transaction(() => exchangeToken("present", sessionId, generation, device)) : undefined;
      if (session) sessions.touch(session, Date.now());
      else onSessionEnd(sessionId);
      return session !== undefined;
    },
  };
}

export type UserAccount = ReturnType<typeof createUserAccount>;
