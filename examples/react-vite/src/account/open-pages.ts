import type { ComponentType } from "react";
import { ConfirmEmailPage, VerifyEmailPage } from "./confirm-address-page.tsx";
import { ConfirmDevicePage } from "./confirm-device-page.tsx";
import { ForgotPasswordPage } from "./forgot-password-page.tsx";
import { GoodbyePage } from "./goodbye-page.tsx";
import { InboxPage } from "./inbox-page.tsx";
import { ResetPasswordPage } from "./reset-password-page.tsx";

/** The pages that need no session. The links of mails use createUserDO's default `mailLinks`. */
export const openPages: ReadonlyMap<string, ComponentType> = new Map([
  ["/verify-email", VerifyEmailPage],
  ["/confirm-email", ConfirmEmailPage],
  ["/confirm-device", ConfirmDevicePage],
  ["/reset-password", ResetPasswordPage],
  ["/forgot-password", ForgotPasswordPage],
  ["/inbox", InboxPage],
  ["/goodbye", GoodbyePage],
]);
