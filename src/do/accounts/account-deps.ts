import type { User } from "../../shared/account.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { MailAvailability } from "../mail/mail-availability.js";
import type { MailTokenStore } from "../mail/mail-token-store.js";
import type { Reporter } from "../directory/create-reporter.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { CheckBreachedPassword } from "./passwords/check-breached-password.js";
import type { AccountStore } from "./account-store.js";
import type { AuditLog } from "./audit-log.js";
import type { DeviceEpochStore } from "./sessions/device-epoch.js";
import type { Passwords } from "./passwords/create-passwords.js";
import type { EventHooks } from "./event-hooks.js";
import type { PendingEmailChangeStore } from "./email/pending-change.js";
import type { RateLog } from "../rate/rate-log.js";
import type { SessionStore } from "./sessions/session-store.js";
import type { SuspensionStore } from "./suspension.js";

/**
 * The user's organizations, as far as an account depends on them. Call all but `assertNotLastOwner` inside the transaction
 * of their cause.
 */
export interface AccountOrganizations {
  /** Sends the account's new address to all organizations of the user. */
  announceEmail(email: string): void;
  /** Requests the invitations that wait at an address which the user has verified. */
  requestInvitations(target: string): void;
  /** Informs all organizations of a suspension. @param until in milliseconds since the epoch; `null` without an end */
  announceSuspension(until: number | null): void;
  /** Informs all organizations that the suspension has ended. */
  announceSuspensionEnd(): void;
  /** Informs all organizations that the account is deleted. */
  announceDeletion(): void;
  /** @throws TRPCError CONFLICT (LAST_OWNER) when the user is the only owner of an organization with other members */
  assertNotLastOwner(): Promise<void>;
}

/** The user's roles in the app, as far as an account depends on them. Call each inside the transaction of its cause. */
export interface AccountRoles {
  /** Makes the user a superadmin if the account's address is verified and the one of `BOOTSTRAP_ADMIN_EMAIL`. */
  claimBootstrap(account: Pick<User, "email" | "emailVerified">): void;
  /** Informs the app's object that the account is deleted. */
  announceDeletion(): void;
  /** @throws TRPCError CONFLICT (LAST_SUPERADMIN) when the user is the last superadmin of the app */
  assertNotLastSuperadmin(): Promise<void>;
}

/** The stores and services of a user's object. */
export interface AccountDeps {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly suspension: SuspensionStore;
  readonly passwords: Passwords;
  readonly mail: MailAvailability;
  readonly mailTokens: MailTokenStore;
  readonly pendingChanges: PendingEmailChangeStore;
  readonly deviceEpoch: DeviceEpochStore;
  readonly outbox: Outbox;
  readonly audit: AuditLog;
  readonly rates: RateLog;
  readonly organizations: AccountOrganizations;
  readonly roles: AccountRoles;
  readonly directory: Reporter<"user">;
  readonly checkBreachedPassword: CheckBreachedPassword | undefined;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  readonly hooks: EventHooks;
  /** Lifetime of an access token, in seconds. */
  readonly accessSeconds: number;
  /** Closes all sockets of the user. Called after the suspension was stored. */
  readonly onSuspend: () => void;
  /** Closes the sockets of a session. Called after its row was deleted. */
  readonly onSessionEnd: (sessionId: string) => void;
}
