import type { SetUserFields } from "../../router/user-fields.js";
import { toUser, type AccountStore } from "./account-store.js";
import { noSuchUser } from "./no-such-user.js";

/**
 * The way for server code to set the fields of a user that the user cannot write. Nothing of the framework's own
 * procedures leads here.
 */
export function createSetUserFields(accounts: AccountStore): SetUserFields {
  return (patch) => {
    if (!accounts.read()) throw noSuchUser();
    accounts.setFields(patch);
    const account = accounts.read();
    if (!account) throw noSuchUser();
    return toUser(account);
  };
}
