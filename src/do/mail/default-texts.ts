import type { MailKind } from "./mail-message.js";

interface Text {
  readonly subject: string;
  readonly text: string;
}

const ignore = "If it was not you, you can ignore this mail.";
const notYou = "If it was not you, reset your password now, and check your sessions.";

const texts: Readonly<Record<MailKind, (link: string) => Text>> = {
  verifyEmail: (link) => ({
    subject: "Confirm your email address",
    text: `Someone signed up with this address. Open this link to confirm that it is yours:\n\n${link}\n\n${ignore}\n`,
  }),
  resetPassword: (link) => ({
    subject: "Choose a new password",
    text: `Someone requested a new password for your account. Open this link to choose one. It works once, within one hour:\n\n${link}\n\n${ignore}\n`,
  }),
  changeEmail: (link) => ({
    subject: "Confirm your new email address",
    text: `Someone wants to use this address for their account. Open this link to confirm it:\n\n${link}\n\n${ignore}\n`,
  }),
  confirmDevice: (link) => ({
    subject: "Confirm your device",
    text: `Someone tried to sign in to your account from a new device, after wrong passwords were entered. If it was you, open this link on that device within 20 minutes, then sign in:\n\n${link}\n\n${ignore}\n`,
  }),
  invitation: (link) => ({
    subject: "You are invited",
    text: `Someone invited you to an organization. Open this link to see the invitation and to answer it within a week:\n\n${link}\n\nIf you do not know what this is about, you can ignore this mail.\n`,
  }),
  emailChanged: () => ({
    subject: "Your email address was changed",
    text: `Your account has a new email address. You can no longer sign in with this one. ${notYou}\n`,
  }),
  passwordChanged: () => ({
    subject: "Your password was changed",
    text: `Your password was changed, and all other devices were signed out. ${notYou}\n`,
  }),
  accountDeleted: () => ({
    subject: "Your account was deleted",
    text: "Your account and all of its data were deleted.\n",
  }),
};

/** Returns the subject and text of a mail for apps that do not write their own. They contain nothing that a user has written. */
export function defaultText(kind: MailKind, link = ""): Text {
  return texts[kind](link);
}
