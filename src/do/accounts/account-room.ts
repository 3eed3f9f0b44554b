import type { Kv } from "../../router/kv/kv-api.js";
import type { Session, User } from "../../shared/account.js";
import type { AccountRoom } from "../../router/room.js";
import type { ProfileSchema } from "../../router/profile.js";
import { sessionOf } from "../../shared/caller.js";
import { SessionEnded, type Visit } from "../entry.js";
import type { AccountDeletion } from "./account-deletion.js";
import type { BlockedInviterStore } from "../organizations/blocked-inviters.js";
import type { UserOrganizationStore } from "../organizations/user-organization-store.js";
import { endEarlier } from "./account-endings.js";
import type { AccountParts, Actor } from "./account-parts.js";
import { toUser, type AccountRow } from "./account-store.js";
import { changePassword } from "./change-password.js";
import { checkLink } from "./check-link.js";
import type { DeviceConfirmation } from "./device-confirmation.js";
import type { EmailChange } from "./email-change.js";
import type { EmailVerification } from "./email-verification.js";
import { exportRecords, type ExportOptions } from "./export-records.js";
import type { createExportLimit } from "./limit-exports.js";
import { mergeFields } from "./merge-fields.js";
import { noSuchUser } from "./no-such-user.js";
import { sessionNeeded } from "./link-session.js";
import type { PasswordReset } from "./password-reset.js";
import { sessionReplaced } from "./session-replaced.js";
import { rejectEmail } from "./reject-email.js";
import type { UserAccount } from "./user-account.js";
import { sessionOfCall, toPublicSession } from "./sessions-room.js";

export interface AccountRoomOptions {
  readonly parts: AccountParts;
  /** Whether there is an account. A sign-out can be repeated after the account was deleted. */
  readonly exists: () => boolean;
  readonly visit: Visit;
  readonly account: Pick<UserAccount, "isAlive">;
  readonly profile: ProfileSchema | undefined;
  readonly verification: EmailVerification;
  readonly passwordReset: PasswordReset;
  readonly deviceConfirmation: DeviceConfirmation;
  readonly emailChange: EmailChange;
  readonly deletion: AccountDeletion;
  readonly organizationList: UserOrganizationStore;
  readonly blockedInviters: BlockedInviterStore;
  /** Asks the app, before anything is gone. */
  readonly onDelete: (user: User) => Promise<void>;
  readonly tables: () => object;
  readonly tableNames: Iterable<string>;
  readonly rowSizes: ExportOptions["rowSizes"];
  readonly kv: () => Kv;
  readonly limitExport: ReturnType<typeof createExportLimit>;
}

/** The account, as the procedures of one call see it. */
export function createAccountRoom(options: AccountRoomOptions): AccountRoom {
  const {
    parts,
    exists,
    visit,
    profile,
    verification,
    passwordReset,
    deviceConfirmation,
    emailChange,
    deletion,
    onDelete,
  } = options;
  const { accounts, sessions, audit, onSessionEnd } = parts;
  const sessionId = sessionOf(visit.caller);
  const actor: Actor = { sessionId, device: visit.device };
  const isOver = (): boolean =>
    sessionId !== undefined && (!exists() || sessions.alive(sessionId, Date.now()) === undefined);

  /**
   * Answers a sign-out again after its reply was lost: the session is over.
   *
   * @throws TRPCError UNAUTHORIZED if the session was replaced, or if other sessions were to end and are alive: this one
   *   may have ended in another way
   */
  function repeatSignOut(scope: "own" | "all"): void {
    const now = Date.now();
    if (sessionId !== undefined && exists() && sessions.wasReplaced(sessionId, now)) throw sessionReplaced();
    if (scope === "all" && exists() && sessions.list(now).length > 0) throw new SessionEnded();
    visit.setSession(null);
  }

  function assertOwnSession(): void {
    if (!options.account.isAlive(visit.caller)) throw sessionNeeded(visit.caller, parts.userId);
  }

  return {
    me: () => ({ user: toUser(existing(accounts.read())), session: current(parts, sessionId) }),

    logout() {
      if (sessionId === undefined) return;
      if (isOver()) return repeatSignOut("own");
      sessions.remove(sessionId);
      audit.add({ action: "logout", outcome: "ok", ...actor });
      visit.setSession(null);
      onSessionEnd(sessionId);
    },

    logoutEverywhere() {
      if (isOver()) return repeatSignOut("all");
      const ended = parts.transaction(() => {
        audit.add({ action: "session.revoke", outcome: "ok", ...actor });
        return endEarlier(parts, "signedOutEverywhere");
      });
      visit.setSession(null);
      for (const id of ended) onSessionEnd(id);
    },

    changePassword: (passwords) => changePassword(parts, passwords, { actor, setSession: visit.setSession }),
    resetPassword: ({ token, password }) => passwordReset.reset(token, password, actor),
    checkLink: ({ token, purpose }) => checkLink(parts, purpose, token),
    requestEmailVerification: verification.request,
    verifyEmail: (token) => verification.verify(token, actor, assertOwnSession),
    rejectEmail: (token) => rejectEmail({ parts, deletion, onDelete }, token, actor),
    changeEmail: ({ email, password }) => emailChange.request(email, password, actor),
    confirmEmailChange: (token) => emailChange.confirm(token, actor, assertOwnSession),
    confirmDevice: async (token) => visit.setDevice(await deviceConfirmation.confirm(token, actor)),

    updateProfile(patch) {
      const account = existing(accounts.read());
      if (!profile) return toUser(account);
      const isChanged = accounts.setProfile(mergeFields(profile, account.profile, patch, "profile"));
      audit.add({ action: "profile.update", outcome: "ok", ...actor });
      // Not `async`: an error of the hook must be thrown before the transaction of the call is committed.
      const hook = isChanged ? parts.hooks.profileChanged() : undefined;
      const user = toUser(existing(accounts.read()));
      return hook ? hook.then(() => user) : user;
    },

    async delete(password) {
      const account = await parts.passwords.confirm(password, actor);
      await parts.organizations.assertDispensable();
      await onDelete(toUser(account));
      await deletion.begin({ account, sessionId });
      visit.setSession(null);
    },

    export() {
      audit.add({ action: "account.export", outcome: "ok", ...actor });
      const { tables, tableNames, rowSizes, kv, organizationList: organizations, blockedInviters } = options;
      const app = { tables: tables(), tableNames, rowSizes, kv: kv() };
      return options.limitExport(
        exportRecords({ accounts, sessions, audit, emailChange, organizations, blockedInviters, ...app }),
      );
    },

    audit: (filter) => audit.list(filter),
  };
}

function existing(account: AccountRow | undefined): AccountRow {
  if (!account) throw noSuchUser();
  return account;
}

function current({ sessions }: AccountParts, sessionId: string | undefined): Session {
  const now = Date.now();
  const row = sessionId === undefined ? undefined : sessions.alive(sessionId, now);
  return row ? toPublicSession(row) : sessionOfCall(new Date(now));
}
