import type { MailKind } from "./mail-message.js";

interface Text {
  readonly subject: string;
  readonly text: string;
}

const ignore = "If it was not you, you need not do anything.";
const notYou = "If it was not you, reset your password now, and look through your sessions.";

const texts: Readonly<Record<MailKind, (link: string) => Text>> = {
  verifyEmail: (link) => ({
    subject: "Confirm your e-mail address",
    text: `Somebody signed up with this address. Open this link to confirm that it is yours:\n\n${link}\n\n${ignore}\n`,
  }),
  resetPassword: (link) => ({
    subject: "Choose a new password",
    text: `Somebody asked for a new password. Open this link to choose one; it works once, for one hour:\n\n${link}\n\n${ignore}\n`,
  }),
  changeEmail: (link) => ({
    subject: "Confirm your new e-mail address",
    text: `Somebody wants to use this address for their account. Open this link to confirm it:\n\n${link}\n\n${ignore}\n`,
  }),
  confirmDevice: (link) => ({
    subject: "Confirm your device",
    text: `Somebody asked to sign in to your account from a new device, after wrong passwords were entered. If it was you, open this link on that device within 20 minutes, then sign in:\n\n${link}\n\n${ignore}\n`,
  }),
  invitation: (link) => ({
    subject: "You are invited",
    text: `Somebody invited you to join them. Open this link to see who, and to answer within a week:\n\n${link}\n\nIf you do not know what this is about, you need not do anything.\n`,
  }),
  emailChanged: () => ({
    subject: "Your e-mail address was changed",
    text: `Your account has another e-mail address now. This one no longer signs you in. ${notYou}\n`,
  }),
  passwordChanged: () => ({
    subject: "Your password was changed",
    text: `Your password was changed, and all other devices were signed out. ${notYou}\n`,
  }),
  accountDeleted: () => ({
    subject: "Your account was deleted",
    text: "Your account was deleted, with all that was in it.\n",
  }),
};

/** What a message says unless the app writes its own words. Nothing in it comes from a user. */
export function defaultText(kind: MailKind, link = ""): Text {
  return texts[kind](link);
}
