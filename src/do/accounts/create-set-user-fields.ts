import type { SetUserFields } from "../../router/user-fields.js";
import { toUser, type AccountStore } from "./account-store.js";
import { userNotFound } from "../lifecycle/caller-errors.js";

/**
 * Creates the function with which server code sets the fields that users cannot write. No built-in procedure calls it.
 *
 * @returns a function that throws TRPCError NOT_FOUND without an account, BAD_REQUEST or PAYLOAD_TOO_LARGE
 */
export function createSetUserFields(accounts: AccountStore): SetUserFields {
  return (patch) => {
    if (!accounts.read()) throw userNotFound();
    accounts.setFields(patch);
    const account = accounts.read();
    if (!account) throw userNotFound();
    return toUser(account);
  };
}
