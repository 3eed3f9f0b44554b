import type { Env } from "../../router/env.js";
import type { Inviter } from "../../shared/organization.js";

interface Addressed {
  /** An idempotency key. A retry of the same message has the same id, so that a mail service can drop duplicates. */
  readonly id: string;
  /** The stored, canonical address: one line of ASCII. */
  readonly to: string;
  /** The default English subject, for apps that do not write their own. */
  readonly subject: string;
  /** The default English text. */
  readonly text: string;
}

interface Common extends Addressed {
  readonly userId: string;
}

interface WithLink extends Common {
  /** The app's page that uses the token. The token is in the fragment, which browsers do not send to servers. */
  readonly link: string;
  /** The token in the link, for mails that ask the user to type or paste it. */
  readonly token: string;
  readonly expiresAt: Date;
}

/** A mail for the app to send. */
export type MailMessage =
  /** To a new user, or on request, to verify the address. For `auth.verifyEmail`. */
  | (WithLink & { readonly kind: "verifyEmail" })
  /** For `auth.resetPassword`. */
  | (WithLink & { readonly kind: "resetPassword" })
  /** To the new address of a user who changes the address. For `auth.confirmEmailChange`. */
  | (WithLink & { readonly kind: "changeEmail" })
  /** To a user whose sign-in from a new browser is delayed after wrong passwords. For `auth.confirmDevice`. */
  | (WithLink & { readonly kind: "confirmDevice" })
  /** To the previous address, after it was replaced. */
  | (Common & { readonly kind: "emailChanged" })
  | (Common & { readonly kind: "passwordChanged" })
  | (Common & { readonly kind: "accountDeleted" })
  | InvitationMail;

/**
 * An invitation to an organization, for an address with or without an account. `organizations.list` returns it once its
 * recipient has an account with this verified address. The default text does not contain the names of the organization
 * and the inviter, because users choose them and could abuse the mail to send text to strangers.
 */
interface InvitationMail extends Addressed {
  readonly kind: "invitation";
  /** The app's page for the answer, with `invitation=<id>` in the fragment. For `organizations.invitations.accept`. */
  readonly link: string;
  readonly invitationId: string;
  readonly organization: { readonly id: string; readonly name: string };
  readonly role: string;
  /** The address of the inviter; `undefined` when the app itself sent the invitation. */
  readonly invitedBy: string | undefined;
  /** The inviter, and whether the inviter's address is verified; `undefined` when the app itself sent the invitation. */
  readonly inviter: Inviter | undefined;
  readonly expiresAt: Date;
}

export type MailKind = MailMessage["kind"];

/** Kinds of mail about an account. */
export type AccountMailKind = Exclude<MailKind, "invitation">;

/** Kinds of mail with a token in their link. */
export type LinkKind = Extract<MailMessage, { readonly token: string }>["kind"];

/** Kinds of mail without a link, which report an event. */
export type NoticeKind = Exclude<AccountMailKind, LinkKind>;

/**
 * Sends a mail. If the promise rejects, the framework reports the error to `onError` and retries later.
 *
 * @example
 * const mail: SendMail = async ({ id, to, subject, text }, env) => {
 *   const response = await fetch("https://mail.example.com/send", {
 *     method: "POST",
 *     headers: { authorization: `Bearer ${env.MAIL_API_KEY}`, "idempotency-key": id },
 *     body: JSON.stringify({ to, subject, text }),
 *   });
 *   if (!response.ok) throw new Error(`The mail service responded with ${response.status}.`);
 * };
 */
export type SendMail = (message: MailMessage, env: Env) => Promise<void>;
