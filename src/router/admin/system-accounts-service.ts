import type { NewAccount, SignedIn } from "../../shared/account.js";
import type { SessionTokens } from "../../shared/call.js";
import type { Device } from "../../shared/device.js";

/** The accounts and sessions that the app itself creates, in the app's object. The procedures that use it document its errors. */
export interface SystemAccountsService {
  /** @param idempotencyKey identifies the call and its repeats, which create one account */
  create(account: NewAccount, idempotencyKey: string | undefined): Promise<{ readonly userId: string }>;
  /** @param device the client of the session; `undefined` if it is unknown */
  createSession(userId: string, device: Device | undefined): Promise<SignedIn & { readonly tokens: SessionTokens }>;
}
