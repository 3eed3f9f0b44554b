import type { MailPurpose } from "../../jwt/mail-token.js";
import { invalidLink, readLinkSecret, usedLink } from "./account-mails.js";
import type { AccountDeps } from "./account-deps.js";

type CheckLinkDeps = Pick<AccountDeps, "userId" | "identity" | "accounts" | "mailTokens" | "pendingChanges">;

/**
 * Checks a mailed link without using it, by the conditions for its first use. Another call can use or revoke the link
 * before this user does.
 *
 * @throws ReasonedError BAD_REQUEST for a link that is not valid for this purpose, with the reason LINK_USED if it was used
 */
export async function checkLink(deps: CheckLinkDeps, purpose: MailPurpose, token: string): Promise<{ valid: true }> {
  const { accounts, mailTokens, pendingChanges } = deps;
  const secret = await readLinkSecret(deps, purpose, token);
  // If the account was deleted in the meantime, its other tables do not exist.
  const account = accounts.read();
  if (!account) throw invalidLink();
  if (mailTokens.findUsed(purpose, secret, Date.now())) throw usedLink();
  const sent = mailTokens.peek(purpose, secret, Date.now());
  const address = purpose === "changeEmail" ? pendingChanges.read()?.email : account.email;
  if (sent === undefined || sent.email !== address) throw invalidLink();
  return { valid: true };
}
