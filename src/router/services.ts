import { TRPCError } from "@trpc/server";
import type { AuditFilter, AuditPage } from "../shared/audit.js";
import type { ExportedRecord } from "../shared/exported-record.js";
import type { SessionEffect, SessionTokens } from "../shared/call.js";
import type { Address } from "../shared/owner.js";
import type { Credentials, ListedSession, SignedIn, Signup, User } from "../shared/account.js";
import type { BlockedInviter, Invitation, ListedOrganization, Member } from "../shared/organization.js";
import type { AppDefinition } from "./definition.js";
import type { OrganizationView } from "./organizations/organization-types.js";
import type { RoleDescription } from "./organizations/role-policy.js";
import type { Requirement } from "./organizations/role-definitions.js";
import type { NewOrganization, OrganizationPatch } from "./organizations/settings.js";

/** Where a Durable Object leaves what the built-in procedures need of it. */
export const SERVICES = Symbol("trpc-userdo.room");

/**
 * What the Durable Object that runs a call lends to the framework's own procedures. Types only: `do` supplies
 * the values, so that a router stays importable anywhere.
 */
export interface ObjectServices {
  readonly address: Address;
  /** Runs a synchronous piece of work in one storage transaction: all of it, or none. */
  atomic<TResult>(work: () => TResult): TResult;
  /** Asks the Worker to set (or, with `null`, clear) the session's cookies on the reply. */
  setSession(effect: SessionEffect): void;
  /** Runs a look at who calls that what follows does not depend on. Lent to live queries only. */
  readonly checkingCaller?: <TResult>(look: () => TResult) => TResult;
  // Functions, so that a call pays only for the room it enters.
  /** In a user's object. */
  readonly account?: () => AccountService;
  /** In a user's object. */
  readonly sessions?: () => SessionsService;
  /** In a user's object: exchanges a refresh token that came in the body or, without one, by cookie. */
  readonly refresh?: (inBody: string | undefined) => Promise<Refreshed>;
  /** In a user's object, for a session's call over HTTP: issues a ticket for a socket to an organization or the user's own. */
  readonly socketTicket?: (organizationId: string | undefined) => Promise<IssuedSocketTicket>;
  /** In a user's object. */
  readonly organizations?: () => UserOrganizationsService;
  /** In an organization's object. */
  readonly organization?: () => OrganizationService;
  /** In an e-mail index object. */
  readonly index?: () => EmailIndexService;
}

/** The next tokens, unless they went into cookies. */
export interface Refreshed {
  readonly tokens?: SessionTokens;
}

/** A ticket that opens one socket. */
export interface IssuedSocketTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

/** The room that a call runs in; `undefined` in the Worker. */
export function servicesOf(ctx: object): ObjectServices | undefined {
  return (ctx as { readonly [SERVICES]?: ObjectServices })[SERVICES];
}

/** Another password for somebody who is signed in. */
export interface PasswordChange extends Pick<Credentials, "tokens"> {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** The link of a mail, as the page that it leads to sends it. */
export interface MailedLink {
  readonly token: string;
  /** The `kind` of the mail. */
  readonly purpose: "verifyEmail" | "resetPassword" | "changeEmail" | "confirmDevice";
}

/** The account of the user whose object this is, as one caller sees it. What each throws, the procedures say. */
export interface AccountService {
  me(): SignedIn;
  /** Ends the caller's session here and now: its row, its sockets, its cookies. */
  logout(): void;
  logoutEverywhere(): void;
  changePassword(change: PasswordChange): Promise<SignedIn>;
  resetPassword(reset: { readonly token: string; readonly password: string }): Promise<void>;
  checkLink(link: MailedLink): Promise<{ valid: true }>;
  requestEmailVerification(): Promise<void>;
  verifyEmail(token: string): Promise<void>;
  rejectEmail(token: string): Promise<void>;
  changeEmail(change: Credentials): Promise<void>;
  confirmEmailChange(token: string): Promise<void>;
  /** Marks the caller's browser as one of the user's. */
  confirmDevice(token: string): Promise<void>;
  /** Changes fields of the profile: `undefined` keeps, `null` clears. */
  updateProfile(patch: Readonly<Record<string, unknown>>): User | Promise<User>;
  delete(password: string): Promise<void>;
  /** All that the user's object holds of them, secrets excepted. */
  export(): AsyncGenerator<ExportedRecord, void>;
  audit(filter: AuditFilter): AuditPage;
}

/** The sessions of the user whose object this is, as one caller sees them. */
export interface SessionsService {
  list(): ListedSession[];
  /** Answers whether there is such a session. */
  rename(id: string, name: string): boolean;
  /** Ends a session here and now: its row, its sockets, and its cookies if it is the caller's. */
  revoke(id: string): boolean;
  /** Ends all but the caller's own, and answers how many. */
  revokeOthers(): number;
  /** Whether the call has a session to keep data in: one of another Worker's has none. */
  readonly hasData: boolean;
  /** What the caller's session holds; `undefined` for nothing. */
  readData(): unknown;
  /** @throws TRPCError BAD_REQUEST for what cannot be stored, PAYLOAD_TOO_LARGE */
  writeData(data: object | undefined): void;
}

/** The index entry of one address: which user it belongs to. */
export interface EmailIndexService {
  signup(signup: Signup): Promise<SignedIn>;
  login(credentials: Credentials): Promise<SignedIn>;
  /** Answers the same for every address, and no sooner or later. */
  requestPasswordReset(email: string): Promise<void>;
  /** Answers the same for every address, and no sooner or later. */
  requestDeviceLink(email: string): Promise<void>;
}

type View = OrganizationView<AppDefinition>;

/** A user's organizations, in the user's own object. What each throws, the procedures say. */
export interface UserOrganizationsService {
  create(organization: NewOrganization): Promise<View>;
  list(): ListedOrganization[];
  accept(invitationId: string): Promise<Extract<ListedOrganization, { status: "member" }>>;
  decline(invitationId: string): Promise<void>;
  /** Returns how many there were. */
  declineAll(): Promise<number>;
  blockInviter(invitationId: string): BlockedInviter;
  /** Returns whether there was such a block. */
  unblockInviter(id: string): boolean;
  blockedInviters(): BlockedInviter[];
}

/** An organization in its own object, as one caller sees it. What each throws, the procedures say. */
export interface OrganizationService {
  /**
   * Refuses a caller whose role does not allow something: now, and again in the transaction of a mutation.
   * @throws TRPCError FORBIDDEN
   */
  demand(requirement: Requirement): void;
  get(): View;
  update(patch: OrganizationPatch): View;
  leave(): void;
  transfer(userId: string): void;
  delete(): Promise<void>;
  members(): Member[];
  setRole(userId: string, role: string): Member;
  /** Answers whether there was such a member. */
  remove(userId: string): boolean;
  invitations(): Invitation[];
  invite(invitation: { readonly email: string; readonly role: string }): Promise<Invitation>;
  /** Answers whether there was such an invitation. */
  cancel(invitationId: string): boolean;
  resend(invitationId: string): Promise<Invitation>;
  roles(): readonly RoleDescription[];
}

export function organizationsOf(ctx: object): UserOrganizationsService {
  return servicesOf(ctx)?.organizations?.() ?? misplaced("a user's");
}

export function organizationOf(ctx: object): OrganizationService {
  return servicesOf(ctx)?.organization?.() ?? misplaced("an organization's");
}

function misplaced(whose: string): never {
  throw new TRPCError({ code: "FORBIDDEN", message: `This procedure runs in ${whose} own object.` });
}
