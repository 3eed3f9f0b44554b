import { createAccountStore } from "../../accounts/account-store.js";
import { isSeenDue } from "../../directory/create-reporter.js";
import { createSetUserFields } from "../../accounts/create-set-user-fields.js";
import { createSessionAccess } from "../../accounts/sessions/session-access.js";
import { createSessionStore } from "../../accounts/sessions/session-store.js";
import { createSuspensionStore } from "../../accounts/suspension.js";
import { createUserFieldsStore } from "../../accounts/user-fields.js";
import { createUserRoleStore } from "../../app-roles/user-role-store.js";
import { lazyWithPeek } from "../../lifecycle/lazy.js";
import type { ObjectEnvironment } from "../object-handler.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createAccountComponents, type AccountComponents } from "./account-components.js";

export interface ComposeUserObjectOptions {
  readonly environment: ObjectEnvironment;
  readonly ownerStorage: OwnerStorage;
}

/** Creates the components that every call to a user's object needs. Those of the account are created at their first use. */
export function composeUserObject({ environment, ownerStorage }: ComposeUserObjectOptions) {
  const { app, address, alarms } = environment;
  const { sql, lifecycle } = ownerStorage;
  const { isInitialized } = lifecycle;
  const { profile, fields } = app.definition.app;
  const roles = createUserRoleStore({ sql, isInitialized, policy: app.definition.appRoles });
  const { get: components, peek } = lazyWithPeek((): AccountComponents =>
    createAccountComponents({
      environment,
      ownerStorage,
      accounts,
      roles,
      sessions,
      suspension,
      access,
      setUserFields,
      exists,
    }),
  );

  const accounts = createAccountStore({
    sql,
    isInitialized,
    access: roles.access,
    hasProfile: profile !== undefined,
    fields: fields && createUserFieldsStore(sql, fields),
    onChange: () => report(),
  });
  const setUserFields = createSetUserFields(accounts);
  const report = (): void => components().deps.directory.report();
  const sessions = createSessionStore(
    sql,
    app.session,
    (ids) => components().revokeLeases(ids),
    (now) => void (isSeenDue(sql, now) && report()),
  );
  const exists = (): boolean => isInitialized() && !components().deletion.isUnderWay();
  const suspension = createSuspensionStore(sql, isInitialized);
  const access = createSessionAccess({ userId: address.id, sessions, suspension, isInitialized, exists });
  alarms.beforeUse(components);

  return {
    accounts,
    roles,
    sessions,
    suspension,
    access,
    exists,
    setUserFields,
    components,
    /** Reports the user to the directory, if there is an account. */
    report: (): void => void (exists() && report()),
    /** Delivers new messages of the outbox. Without components of the account, none were posted. */
    flushOutbox: (): Promise<void> | undefined => peek()?.deps.outbox.flushPosted(),
  };
}
