import type { ErrorReason } from "trpc-userdo/client";
import type { FieldReason } from "../worker/trpc.ts";

/**
 * The app's own sentence for each error that its users can cause. The server's messages are not shown: a translation of the
 * app replaces this file.
 */
export const sentences: Partial<Record<ErrorReason | FieldReason, string>> = {
  ACCOUNT_CHANGED: "Your account was changed on another device. Sign in again.",
  ACCOUNT_SUSPENDED: "Your account is suspended. Contact the support.",
  ALREADY_MEMBER: "This person is already a member.",
  COOKIES_DROPPED: "Your browser cannot keep you signed in on this page. Open the app over https.",
  EMAIL_INVALID: "Enter a valid email address, such as ada@example.com.",
  EMAIL_NOT_VERIFIED: "Verify your email address first.",
  EMAIL_TAKEN: "This email address already has an account. Sign in, or use another address.",
  EMAIL_UNCHANGED: "This is already your email address.",
  EMAIL_VERIFIED: "This email address was verified in the meantime.",
  FIELDS_TOO_LARGE: "This text is too long. Shorten it.",
  INVITATION_NOT_FOUND: "This invitation is no longer valid. Ask for a new one.",
  INVITATION_QUOTA: "Too many invitations are pending. Cancel some of them.",
  INVITED_BY_APP: "You cannot block the sender of this invitation. Decline it instead.",
  LAST_OWNER: "An organization needs an owner. Make another member an owner, or delete the organization.",
  LAST_SUPERADMIN: "The app needs a superadmin. Make another user one first.",
  LINK_INVALID: "This link is no longer valid. Request a new one.",
  LINK_NEEDS_SESSION: "Sign in to the account that requested this email.",
  LINK_USED: "This link was already used. Request a new one.",
  MEMBER_NOT_FOUND: "This person is no longer a member.",
  MEMBER_QUOTA: "This organization is open in too many tabs. Close some of them.",
  MISSING_PERMISSION: "Your role does not allow this. Ask an owner or an administrator.",
  NETWORK_RATE_LIMITED: "There were too many attempts from your network.",
  NOT_A_MEMBER: "You have no access to this organization. Ask a member to invite you.",
  NOT_SIGNED_IN: "Sign in first.",
  OBJECT_OVERLOADED: "The server is busy.",
  ORGANIZATION_UNAVAILABLE: "The organization is not available. Try again in a moment.",
  OWNER_REQUIRED: "Only an owner can do this.",
  PASSWORD_BREACHED: "This password appeared in a data breach. Choose another one.",
  PASSWORD_CHANGED: "Your password was changed. Sign in with the new one.",
  PASSWORD_MALFORMED: "This password contains an invalid character. Choose another one.",
  PASSWORD_TOO_LONG: "This password is too long. Choose a shorter one.",
  PASSWORD_TOO_SHORT: "Use at least 8 characters.",
  ROLE_BUILT_IN: "This role is part of the app's code. It cannot be changed here.",
  ROLE_NOT_FOUND: "This role no longer exists. Reload the page.",
  ROLE_TAKEN: "This role exists already. Choose another name.",
  ROLE_TOO_HIGH: "You can only assign roles below your own. Ask an owner.",
  SESSION_CHANGED: "Another user signed in to this browser. Try again.",
  SESSION_ENDED: "You were signed out. Sign in again.",
  SESSION_NOT_FOUND: "This device is already signed out.",
  TOO_MANY_BLOCKED_INVITERS: "You have blocked too many people. Unblock some of them.",
  TOO_MANY_EMAIL_CHANGES: "You changed your email address too often. Try again later.",
  TOO_MANY_INVITATIONS: "This address has too many pending invitations. Try again later.",
  TOO_MANY_MAILS: "We sent several emails to this address. Open the newest one, or try again later.",
  TOO_MANY_ORGANIZATIONS: "You have created too many organizations today. Try again tomorrow.",
  TOO_MANY_WRONG_PASSWORDS: "There were too many wrong passwords.",
  UPGRADE_FAILED: "Your data is not available at the moment. Try again later.",
  USER_NOT_FOUND: "This user does not exist, or was deleted.",
  WEAK_PASSWORD: "This password is easy to guess. Choose another one.",
  WRONG_CREDENTIALS: "The email address or the password is wrong.",
  WRONG_PASSWORD: "The password is wrong.",
  invalid_type: "Fill in this field.",
  too_small: "Fill in this field.",
};

/** What to enter into an empty field, by its name in the input. */
export const emptyFields: Partial<Record<string, string>> = {
  name: "Enter a name.",
  title: "Enter what to do.",
};

/** A general sentence for an error without a sentence of its own, by the code of tRPC. */
export const generalSentences: Partial<Record<string, string>> = {
  CONFLICT: "Someone else changed this in the meantime. Reload the page.",
  FORBIDDEN: "You are not allowed to do this.",
  NOT_FOUND: "This no longer exists. Reload the page.",
  SERVICE_UNAVAILABLE: "The server is not available. Try again in a moment.",
  TOO_MANY_REQUESTS: "There were too many attempts. Try again later.",
  UNAUTHORIZED: "Sign in again.",
};
