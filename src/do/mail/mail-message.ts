import type { Env } from "../../router/env.js";
import type { Inviter } from "../../shared/organization.js";

interface Addressed {
  /** The same when a message is sent again because the first try failed: for a mail service that drops duplicates. */
  readonly id: string;
  /** The stored address, canonical: one line of ASCII. */
  readonly to: string;
  /** A plain subject and text in English, for whoever does not write their own. */
  readonly subject: string;
  readonly text: string;
}

interface Common extends Addressed {
  readonly userId: string;
}

interface WithLink extends Common {
  /** Where the user finishes it: your own page, with the token in the fragment, which no server gets to see. */
  readonly link: string;
  /** What the link carries, for a mail that asks to type or paste it. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** What the app is asked to mail. */
export type MailMessage =
  /** To a new user, or on demand: is this address theirs? For `auth.verifyEmail`. */
  | (WithLink & { readonly kind: "verifyEmail" })
  /** For `auth.resetPassword`. */
  | (WithLink & { readonly kind: "resetPassword" })
  /** To the new address of a user who wants to change theirs. For `auth.confirmEmailChange`. */
  | (WithLink & { readonly kind: "changeEmail" })
  /** To a user whose sign-in from a new browser has to wait because of wrong passwords. For `auth.confirmDevice`. */
  | (WithLink & { readonly kind: "confirmDevice" })
  /** To the old address, once another has taken its place. */
  | (Common & { readonly kind: "emailChanged" })
  | (Common & { readonly kind: "passwordChanged" })
  | (Common & { readonly kind: "accountDeleted" })
  | InvitationMail;

/**
 * To somebody, with an account or without, who is invited to an organization. It is listed by `organizations.list` once
 * they have an account and have verified its address. What they were told by whom is not in the default text: anybody
 * can give an organization a name, and mail it to strangers.
 */
interface InvitationMail extends Addressed {
  readonly kind: "invitation";
  /** Where they answer: your own page, with `invitation=<id>` in the fragment. For `organizations.invitations.accept`. */
  readonly link: string;
  readonly invitationId: string;
  readonly organization: { readonly id: string; readonly name: string };
  readonly role: string;
  /** The address of the inviter; `undefined` when the app itself sent the invitation. */
  readonly invitedBy: string | undefined;
  /** The inviter, and whether the address is known to be theirs; `undefined` when the app itself sent it. */
  readonly inviter: Inviter | undefined;
  readonly expiresAt: Date;
}

export type MailKind = MailMessage["kind"];

/** The kinds that are about an account. */
export type AccountMailKind = Exclude<MailKind, "invitation">;

/** The kinds whose link carries a token. */
export type LinkKind = Extract<MailMessage, { readonly token: string }>["kind"];

/** The kinds without a link, which report an event. */
export type NoticeKind = Exclude<AccountMailKind, LinkKind>;

/** Sends a message. One that is not sent rejects: it is tried again, and `onError` is told. */
export type SendMail = (message: MailMessage, env: Env) => Promise<void>;
