import type { ErrorReason } from "trpc-userdo/client";
import type { FieldReason } from "../worker/trpc.ts";

/**
 * The app's own sentence for each error that its users can cause. The server's messages are not shown: a translation of the
 * app replaces this file.
 */
export const sentences: Partial<Record<ErrorReason | FieldReason, string>> = {
  ACCOUNT_CHANGED: "Your account was changed on another device. Sign in again.",
  ALREADY_MEMBER: "This person is a member already.",
  COOKIES_DROPPED: "Your browser would not keep you signed in on this page. Open the app over https.",
  EMAIL_INVALID: "Enter an address such as ada@example.com.",
  EMAIL_NOT_VERIFIED: "Confirm your address first.",
  EMAIL_TAKEN: "There is an account with this address. Sign in, or use another address.",
  EMAIL_UNCHANGED: "This is your address already.",
  EMAIL_VERIFIED: "The account has confirmed this address meanwhile.",
  FIELDS_TOO_LARGE: "This is too much text. Shorten it.",
  INVITATION_NOT_FOUND: "This invitation is not valid any longer. Ask for a new one.",
  INVITATION_QUOTA: "Too many invitations are waiting. Cancel some of them.",
  INVITED_BY_APP: "You cannot block the sender of this invitation. Decline it instead.",
  LAST_OWNER: "An organization needs an owner. Make another member an owner, or delete the organization.",
  LINK_INVALID: "This link is not valid any longer. Ask for a new one.",
  LINK_NEEDS_SESSION: "Sign in to the account that asked for this mail.",
  LINK_USED: "This link has been used. Ask for a new one.",
  MEMBER_NOT_FOUND: "This person is not a member any longer.",
  MEMBER_QUOTA: "Too much is open in this organization. Close some of your tabs.",
  MISSING_PERMISSION: "Your role does not allow this. Ask an owner.",
  NETWORK_RATE_LIMITED: "Too many attempts from your network.",
  NOT_A_MEMBER: "You have no access to this organization. Ask a member to invite you.",
  NOT_SIGNED_IN: "Sign in first.",
  OBJECT_OVERLOADED: "The server is busy.",
  ORGANIZATION_UNAVAILABLE: "The organization does not answer. Look again in a moment.",
  OWNER_REQUIRED: "Only an owner can do this.",
  PASSWORD_BREACHED: "Thieves have a list with this password. Choose another.",
  PASSWORD_CHANGED: "Your password was changed. Sign in with the new one.",
  PASSWORD_MALFORMED: "This password has a character that we cannot store. Choose another.",
  PASSWORD_TOO_LONG: "This password is too long. Choose a shorter one.",
  PASSWORD_TOO_SHORT: "Use at least 8 characters.",
  ROLE_TOO_HIGH: "This role is not below yours. Ask an owner.",
  SESSION_CHANGED: "Another user signed in meanwhile. Try again.",
  SESSION_ENDED: "You were signed out. Sign in again.",
  SESSION_NOT_FOUND: "This device is signed out already.",
  TOO_MANY_BLOCKED_INVITERS: "You have blocked too many people. Unblock some of them.",
  TOO_MANY_EMAIL_CHANGES: "You have changed your address too often. Try again later.",
  TOO_MANY_INVITATIONS: "This address has too many invitations. Try again later.",
  TOO_MANY_MAILS: "We have sent several mails to this address. Open the newest one, or try again later.",
  TOO_MANY_ORGANIZATIONS: "You have created too many organizations today. Try again tomorrow.",
  TOO_MANY_WRONG_PASSWORDS: "The password was wrong too often.",
  UPGRADE_FAILED: "We are repairing something. Try again later.",
  WEAK_PASSWORD: "Many people use this password. Choose another.",
  WRONG_CREDENTIALS: "This address and this password do not belong together.",
  WRONG_PASSWORD: "This is not your password.",
  invalid_type: "Fill in this field.",
  too_small: "Fill in this field.",
};

/** What to enter into an empty field, by its name in the input. */
export const emptyFields: Partial<Record<string, string>> = {
  name: "Enter a name.",
  title: "Say what there is to do.",
};

/** A general sentence for an error without a sentence of its own, by the code of tRPC. */
export const generalSentences: Partial<Record<string, string>> = {
  CONFLICT: "Somebody changed this meanwhile. Reload the page.",
  FORBIDDEN: "You may not do this.",
  NOT_FOUND: "This does not exist any longer. Reload the page.",
  SERVICE_UNAVAILABLE: "The server is not available. Try again in a moment.",
  TOO_MANY_REQUESTS: "This was too often. Try again later.",
  UNAUTHORIZED: "Sign in again.",
};
