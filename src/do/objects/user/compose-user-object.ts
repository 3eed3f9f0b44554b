import { createAccountStore } from "../../accounts/account-store.js";
import { createSetUserFields } from "../../accounts/create-set-user-fields.js";
import { createSessionAccess } from "../../accounts/sessions/session-access.js";
import { createSessionStore } from "../../accounts/sessions/session-store.js";
import { createUserFieldsStore } from "../../accounts/user-fields.js";
import type { ObjectEnvironment } from "../object-handler.js";
import type { OwnerStorage } from "../owner-storage.js";
import { createUserServices, type UserServices } from "./user-services.js";

export interface ComposeUserObjectOptions {
  readonly environment: ObjectEnvironment;
  readonly ownerStorage: OwnerStorage;
}

/**
 * Creates what every call to a user's object needs. The services of the account are created on first use: most calls that wake
 * the object do not need them, and creating them takes a large part of the time of a wake.
 */
export function composeUserObject({ environment, ownerStorage }: ComposeUserObjectOptions) {
  const { app, address, alarms } = environment;
  const { sql, lifecycle } = ownerStorage;
  const { isInitialized } = lifecycle;
  const { profile, fields } = app.definition.app;
  let created: UserServices | undefined;

  const accounts = createAccountStore({
    sql,
    isInitialized,
    hasProfile: profile !== undefined,
    fields: fields && createUserFieldsStore(sql, fields),
  });
  const setUserFields = createSetUserFields(accounts);
  const sessions = createSessionStore(sql, app.session, (ids) => services().revokeLeases(ids));
  const exists = (): boolean => isInitialized() && !services().deletion.isUnderWay();
  const access = createSessionAccess({ userId: address.id, sessions, isInitialized, exists });
  alarms.beforeUse(services);

  function services(): UserServices {
    created ??= createUserServices({ environment, ownerStorage, accounts, sessions, access, setUserFields, exists });
    return created;
  }

  return {
    accounts,
    sessions,
    access,
    exists,
    setUserFields,
    services,
    /** Delivers new messages of the outbox. Without services, none were posted. */
    flushOutbox: (): Promise<void> | undefined => created?.deps.outbox.flushPosted(),
  };
}
