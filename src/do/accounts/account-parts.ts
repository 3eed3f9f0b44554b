import type { Device } from "../../shared/device.js";
import type { AppIdentity } from "../app-identity.js";
import type { MailAvailability } from "../mail/mail-availability.js";
import type { MailTokenStore } from "../mail/mail-token-store.js";
import type { UserOrganizations } from "../organizations/user-organizations.js";
import type { Outbox } from "../outbox/create-outbox.js";
import type { BreachLookUp } from "../passwords/breach-look-up.js";
import type { AccountStore } from "./account-store.js";
import type { AuditLog } from "./audit-log.js";
import type { DeviceEpochStore } from "./device-epoch.js";
import type { Passwords } from "./create-passwords.js";
import type { EventHooks } from "./event-hooks.js";
import type { PendingChangeStore } from "./pending-change.js";
import type { RateLog } from "./rate-log.js";
import type { SessionStore } from "./session-store.js";

/** What the procedures of an account are made of: the stores and services of a user's object. */
export interface AccountParts {
  readonly userId: string;
  readonly identity: () => AppIdentity;
  readonly accounts: AccountStore;
  readonly sessions: SessionStore;
  readonly passwords: Passwords;
  readonly mail: MailAvailability;
  readonly mailTokens: MailTokenStore;
  readonly pendingChanges: PendingChangeStore;
  readonly deviceEpoch: DeviceEpochStore;
  readonly outbox: Outbox;
  readonly audit: AuditLog;
  readonly rates: RateLog;
  readonly organizations: UserOrganizations;
  readonly breachLookUp: BreachLookUp | undefined;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  readonly hooks: EventHooks;
  /** How long an access token lives. */
  readonly accessSeconds: number;
  /** Ends what a session still holds open. Called after its row is gone. */
  readonly onSessionEnd: (sessionId: string) => void;
}

/** Who does something, for the audit log. */
export interface Actor {
  readonly sessionId: string | undefined;
  readonly device: Device;
}
