import { TRPCError } from "@trpc/server";
import { addToDevice, deviceIdOf } from "../../../jwt/device-token.js";
import { randomId } from "../../../shared/random-id.js";
import { MAIL } from "../../messaging/outbox-heads.js";
import { invalidLink } from "../../../router/auth/invalid-link.js";
import { countMail, mailLink, readLinkSecret, usedLink } from "../account-mails.js";
import type { AccountDeps } from "../account-deps.js";
import type { ActingSession } from "../audit-log.js";
import { emailObjectName } from "../email/email-object-name.js";
import type { EmailVerification } from "../email/email-verification.js";

/** The message on which the object of an address deletes the count of wrong passwords of one device. */
export const FORGET_DEVICE_FAILURES = "forgetDeviceFailures";

/**
 * Lets a user sign in although strangers have used up the attempts of the account. A mailed link marks the browser that
 * opens it as known, so that its attempts are counted separately. The link does not sign in.
 */
export function createDeviceConfirmation(deps: AccountDeps, verification: Pick<EmailVerification, "request">) {
  const { userId, identity, accounts, mailTokens, deviceEpoch, outbox, audit, transaction } = deps;
  /** The request under way. Concurrent requests share it, so that one mail is sent. */
  let requesting: Promise<void> | undefined;

  /** An address that is not verified gets only its verification mail. */
  async function requestVerification(): Promise<void> {
    try {
      await verification.request(randomId());
    } catch (error) {
      // The address got too many mails. The reply must not depend on it.
      if (!(error instanceof TRPCError)) throw error;
    }
  }

  async function request(email: string, actor: ActingSession): Promise<void> {
    const account = accounts.read();
    if (account?.email !== email) return;
    if (!account.emailVerified) return requestVerification();
    // A stranger's request must not end the link that the user is about to open.
    if (outbox.hasPending(MAIL, "confirmDevice") || mailTokens.isValid("confirmDevice", Date.now())) return;
    const epoch = deviceEpoch.read();
    if (!(await countMail(identity, { to: email, kind: "confirmDevice", id: randomId() }))) return;
    transaction(() => {
      // An event that revokes links can have happened while the mail was counted.
      if (accounts.read()?.email !== email || deviceEpoch.read() !== epoch) return;
      mailLink(deps, "confirmDevice", email);
      audit.add({ action: "device.confirmRequest", outcome: "ok", ...actor });
    });
  }

  return {
    /** Mails a link, if the address is the user's and no earlier link is valid. Never says whether it did. */
    async request(email: string, actor: ActingSession): Promise<void> {
      requesting ??= request(email, actor).finally(() => (requesting = undefined));
      return requesting;
    },

    /**
     * Uses a link. It works once.
     *
     * @returns the token of the device cookie, which marks the caller's browser as one of the user's
     * @throws TRPCError BAD_REQUEST (LINK_INVALID) when the link is not valid, BAD_REQUEST (LINK_USED) when it was used
     */
    async confirm(token: string, actor: ActingSession): Promise<string> {
      const secret = await readLinkSecret(deps, "confirmDevice", token);
      const deviceId = deviceIdOf(actor.device.token) ?? randomId();
      const epoch = transaction(() => {
        const now = accounts.read();
        if (!now) throw invalidLink();
        const used = mailTokens.consume("confirmDevice", secret, Date.now());
        // A repeated call is refused, because it may come from another browser.
        if (!used && mailTokens.findUsed("confirmDevice", secret, Date.now())) throw usedLink();
        if (used?.email !== now.email) throw invalidLink();
        // The mail can have been sent more than once, each time with another token.
        mailTokens.delete("confirmDevice");
        outbox.deletePending(MAIL, "confirmDevice");
        mailTokens.addUsed("confirmDevice", secret, used);
        // The browser can have used up its attempts as a known device.
        const target = emailObjectName(identity().secrets.index, now.email);
        outbox.post({ target, kind: FORGET_DEVICE_FAILURES, payload: { deviceId } });
        audit.add({ action: "device.confirm", outcome: "ok", ...actor });
        return deviceEpoch.read();
      });
      const { secrets, binding } = identity();
      const options = { secrets: secrets.jwt, audience: binding, newId: deviceId, epoch };
      return addToDevice(actor.device.token, userId, options);
    },
  };
}

export type DeviceConfirmation = ReturnType<typeof createDeviceConfirmation>;
