import type { InternalRequest } from "../../shared/internal.js";
import { systemActionMessage } from "../audit/action-message.js";
import type { AccountDeps } from "./account-deps.js";
import { emailObjectName } from "./email/email-object-name.js";
import { unusableHash } from "./passwords/password.js";

export interface InsertAccountOptions {
  readonly deps: AccountDeps;
  /** Whether the object is initialized and its account is not being deleted. */
  readonly exists: () => boolean;
  /** Creates the schema and runs `work` in one transaction. */
  readonly initialize: <TResult>(work: () => TResult) => TResult;
}

/**
 * Creates an account for the app itself. The account, its audit entry and its messages are stored in one transaction.
 *
 * @returns whether the account exists by this operation. If not, another one created it
 * @throws TRPCError BAD_REQUEST (PASSWORD_HASH_INVALID, INPUT_INVALID), PAYLOAD_TOO_LARGE (FIELDS_TOO_LARGE)
 */
export async function insertAccount(
  { deps, exists, initialize }: InsertAccountOptions,
  { operationId, account, isImported = false }: Extract<InternalRequest, { op: "insertAccount" }>,
): Promise<boolean> {
  const { userId, identity, accounts, passwords, audit, outbox, organizations, roles, directory } = deps;
  const { email, emailVerified, profile, fields, createdAt = new Date() } = account;
  const isOwn = (): boolean => accounts.read()?.operationId === operationId;
  if (exists()) return isOwn();
  const passwordHash =
    account.passwordHash === undefined ? unusableHash() : await passwords.import(account.passwordHash);
  const isInserted = initialize(() => {
    // Another call can have created the account while the digest was hashed.
    if (accounts.read()) return isOwn();
    accounts.insert({ id: userId, email, emailVerified, createdAt, passwordHash, operationId, profile });
    if (fields) accounts.setFields(fields);
    audit.add({ action: "account.create", outcome: "ok", device: {} });
    if (!isImported) outbox.post(systemActionMessage({ action: "user.create", userId }));
    if (emailVerified) organizations.requestInvitations(emailObjectName(identity().secrets.index, email));
    roles.claimBootstrap({ email, emailVerified });
    directory.report();
    return true;
  });
  await outbox.flushPosted();
  return isInserted;
}
