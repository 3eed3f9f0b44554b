import { ReasonedError } from "../../router/reasoned-error.js";
import { isDevelopment } from "../../shared/is-development.js";
import type { MailSettings } from "./mail-options.js";

export interface MailAvailabilityOptions {
  readonly env: object;
  readonly settings: Pick<MailSettings, "send">;
}

/** Whether the app can send mail at all: the same for every address. */
export interface MailAvailability {
  isConfigured(): boolean;
  /**
   * Call it first in a procedure that sends mail, because the result must not depend on the address or the caller.
   *
   * @throws ReasonedError PRECONDITION_FAILED, reason `MAIL_NOT_CONFIGURED`, if the app has no mail hook and does not run in
   * development
   */
  assertConfigured(): void;
}

/** How to configure mail, for error messages. */
export const MAIL_FIX =
  'Give createUserDO the option `mail` and, for links, `appUrl`. For development set the variable DEV to "true".';

export function createMailAvailability({ env, settings }: MailAvailabilityOptions): MailAvailability {
  const isConfigured = (): boolean => settings.send !== undefined || isDevelopment(env);
  return {
    isConfigured,
    assertConfigured() {
      if (!isConfigured()) throw mailNotConfigured();
    },
  };
}

function mailNotConfigured(): ReasonedError {
  return new ReasonedError({
    code: "PRECONDITION_FAILED",
    reason: "MAIL_NOT_CONFIGURED",
    message: `This app cannot send mail: it has no mail hook. ${MAIL_FIX}`,
  });
}
