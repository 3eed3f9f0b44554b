import type { AuditEntry, AuditFilter } from "../shared/audit.js";
import type { DirectoryService } from "./admin/directory-service.js";
import type { ExportedRecord } from "../shared/exported-record.js";
import type { SessionEffect, SessionTokens } from "../shared/call.js";
import type { AuditedAction, AuditedActionFilter } from "../shared/audited-action.js";
import type { KeepReply } from "./runner/middleware.js";
import type { RoleAdministrationService } from "./app-roles/role-administration-service.js";
import type { Page } from "../shared/page.js";
import type { ObjectAddress } from "../shared/owner.js";
import type { Credentials, ListedSession, SignedIn, Signup, User } from "../shared/account.js";
import type { AddedMember, BlockedInviter, Invitation, ListedOrganization, Member } from "../shared/organization.js";
import type { AdministrationService, OperatorLogService } from "./admin/administration-service.js";
import type { ImportService } from "./admin/import-service.js";
import type { SystemAccountsService } from "./admin/system-accounts-service.js";
import type { AppDefinition } from "./definition.js";
import type { OrganizationView } from "./organizations/organization-types.js";
import type { PresenceService } from "./presence/presence-service.js";
import type { RoleDescription } from "./organizations/role-policy.js";
import type { Requirement } from "./requirement.js";
import type { ScheduleService } from "./schedule/schedule-service.js";
import type { NewOrganization, OrganizationPatch } from "./organizations/settings.js";
import { outsideObject, wrongObject } from "./wrong-object.js";

/** The key of an object's services in the context of its calls. */
export const SERVICES = Symbol("trpc-userdo.services");

/**
 * The services that a Durable Object provides to the built-in procedures. These are types only, and `do` implements them, so
 * that a router can be imported anywhere.
 */
export interface ObjectServices {
  readonly address: ObjectAddress;
  /** Runs synchronous work in one storage transaction. */
  atomic<TResult>(work: () => TResult): TResult;
  /** Asks the Worker to set the session's cookies on the reply, or to clear them with `null`. */
  setSession(effect: SessionEffect): void;
  /** Runs a check of the caller on which the result of a live query does not depend. Only in live queries. */
  readonly withoutCallerTracking?: <TResult>(check: () => TResult) => TResult;
  // Factories, so that a call only creates the service that it uses.
  /** In a user's object. */
  readonly account?: () => AccountService;
  /** In a user's object. */
  readonly sessions?: () => SessionsService;
  /** In a user's object: exchanges the refresh token of the body or, if it has none, of the cookie. */
  readonly refresh?: (inBody: string | undefined) => Promise<Refreshed>;
  /** In a user's object, over HTTP: issues a ticket for a socket to an organization, the app or the user's own object. */
  readonly socketTicket?:
    | ((target: {
        readonly organizationId?: string | undefined;
        readonly isForApp?: boolean | undefined;
      }) => Promise<IssuedSocketTicket>)
    | undefined;
  /** In a user's object. */
  readonly organizations?: () => UserOrganizationsService;
  /** In an organization's object. */
  readonly organization?: () => OrganizationService;
  // In the app's object.
  readonly directory?: () => DirectoryService;
  readonly administration?: () => AdministrationService;
  readonly systemAccounts?: () => SystemAccountsService;
  readonly import?: () => ImportService;
  /** In the index object of an email address. */
  readonly index?: () => EmailIndexService;
  /** In the object of a user, an organization or the app: the caller's permissions in the app. */
  readonly appAccess?: () => AppAccessService;
  // In the app's object.
  readonly roleAdministration?: () => RoleAdministrationService;
  /** In the object of a user, an organization or the app: the presence of the caller's connections. */
  readonly presence?: () => PresenceService;
  readonly operatorLog?: () => OperatorLogService;
  /** In the object of a user, an organization or the app. */
  readonly schedules?: () => ScheduleService;
}

/** The new tokens, unless the reply sets them as cookies. */
export interface Refreshed {
  readonly tokens?: SessionTokens;
}

/** A ticket that opens one socket. */
export interface IssuedSocketTicket {
  readonly ticket: string;
  readonly expiresAt: Date;
}

/** The services of the object that runs a call; `undefined` in the Worker, and for a call of the app's own without a context. */
export function servicesOf(ctx: object | null | undefined): ObjectServices | undefined {
  return (ctx as { readonly [SERVICES]?: ObjectServices } | null | undefined)?.[SERVICES];
}

type ServiceName = Exclude<
  keyof ObjectServices,
  "address" | "atomic" | "setSession" | "withoutCallerTracking" | "socketTicket"
>;

/**
 * Returns a service of the object that runs a call.
 *
 * @throws ReasonedError FORBIDDEN (WRONG_OBJECT) in the Worker, and in an object without this service
 */
export function requireService<TName extends ServiceName>(
  ctx: object,
  name: TName,
): NonNullable<ObjectServices[TName]> {
  const services = servicesOf(ctx);
  if (!services) throw outsideObject();
  const service = services[name];
  if (!service) throw wrongObject();
  return service;
}

/** The account of the object's user. @throws ReasonedError as {@link requireService} */
export const accountOf = (ctx: object): AccountService => requireService(ctx, "account")();

/** The sessions of the object's user. @throws ReasonedError as {@link requireService} */
export const sessionsOf = (ctx: object): SessionsService => requireService(ctx, "sessions")();

/** The organizations of the object's user. @throws ReasonedError as {@link requireService} */
export const organizationsOf = (ctx: object): UserOrganizationsService => requireService(ctx, "organizations")();

/** The organization of the object that runs the call. @throws ReasonedError as {@link requireService} */
export const organizationOf = (ctx: object): OrganizationService => requireService(ctx, "organization")();

/** The caller's permissions in the app. @throws ReasonedError as {@link requireService} */
export const appAccessOf = (ctx: object): AppAccessService => requireService(ctx, "appAccess")();
/** The directory of users and organizations. @throws ReasonedError as {@link requireService} */
export const directoryOf = (ctx: object): DirectoryService => requireService(ctx, "directory")();

/** The index of the object's email address. @throws ReasonedError as {@link requireService} */
export const emailIndexOf = (ctx: object): EmailIndexService => requireService(ctx, "index")();

/** A change of the password by a user who is signed in. */
export interface PasswordChange extends Pick<Credentials, "tokens"> {
  readonly currentPassword: string;
  readonly newPassword: string;
}

/** A mailed link, as its page sends it. */
export interface MailedLink {
  readonly token: string;
  /** The kind of mail that the page expects. */
  readonly purpose: "verifyEmail" | "resetPassword" | "changeEmail" | "confirmDevice";
}

/** A user's account, for one caller. The procedures that use it document its errors. */
export interface AccountService {
  me(): SignedIn;
  /** Ends the caller's session at once: deletes its row, closes its sockets and clears its cookies. */
  logout(): void;
  logoutEverywhere(): void;
  changePassword(change: PasswordChange): Promise<SignedIn>;
  resetPassword(reset: { readonly token: string; readonly password: string }): Promise<void>;
  checkLink(link: MailedLink): Promise<{ valid: true }>;
  /** @param idempotencyKey as for `create` of organizations */
  requestEmailVerification(idempotencyKey: string | undefined): Promise<void>;
  verifyEmail(token: string): Promise<void>;
  rejectEmail(token: string): Promise<void>;
  /** @param idempotencyKey as for `create` of organizations */
  changeEmail(change: Credentials, idempotencyKey: string | undefined): Promise<void>;
  confirmEmailChange(token: string): Promise<void>;
  /** Marks the caller's browser as a known device of the user. */
  confirmDevice(token: string): Promise<void>;
  /** Changes fields of the profile: `undefined` keeps a field, `null` clears it. */
  updateProfile(patch: Readonly<Record<string, unknown>>, keepReply: KeepReply | undefined): User | Promise<User>;
  delete(password: string): Promise<void>;
  /** Everything that the user's object stores about the user, except secrets. */
  export(): AsyncGenerator<ExportedRecord, void>;
  audit(filter: AuditFilter): Page<AuditEntry>;
}

/** A user's sessions, for one caller. */
export interface SessionsService {
  list(): ListedSession[];
  /** Returns whether the session exists. */
  rename(id: string, name: string): boolean;
  /** Ends a session at once, as `logout` does. Returns whether it existed. Clears the cookies if it is the caller's own. */
  revoke(id: string): boolean;
  /** Ends all sessions except the caller's own, and returns how many. */
  revokeOthers(): number;
  /** Whether the call has a session. A call from another Worker has one only if it names it, and it can have ended. */
  readonly dataState: "available" | "none" | "ended";
  /** The data of the caller's session; `undefined` if there is none. */
  readData(): unknown;
  /** @throws TRPCError BAD_REQUEST for data that cannot be stored, PAYLOAD_TOO_LARGE */
  writeData(data: object | undefined): void;
}

/** The index of one email address, which knows the address's user. */
export interface EmailIndexService {
  signup(signup: Signup): Promise<SignedIn>;
  login(credentials: Credentials): Promise<SignedIn>;
  /** Neither the reply nor its timing shows whether the address has an account. */
  requestPasswordReset(email: string): Promise<void>;
  /** Neither the reply nor its timing shows whether the address has an account. */
  requestDeviceLink(email: string): Promise<void>;
}

type View = OrganizationView<AppDefinition>;

/** A user's organizations, in the user's own object. The procedures that use it document its errors. */
export interface UserOrganizationsService {
  /** @param idempotencyKey identifies the call and its repeats, which complete the same organization */
  create(organization: NewOrganization, idempotencyKey: string | undefined): Promise<View>;
  list(): ListedOrganization[];
  accept(invitationId: string): Promise<Extract<ListedOrganization, { status: "member" }>>;
  decline(invitationId: string): void;
  /** Returns the number of declined invitations. */
  declineAll(): number;
  blockInviter(invitationId: string): BlockedInviter;
  /** Returns whether the inviter was blocked. */
  unblockInviter(id: string): boolean;
  blockedInviters(): BlockedInviter[];
}

/** An organization in its own object, for one caller. The procedures that use it document its errors. */
export interface OrganizationService {
  /**
   * Rejects a caller whose role lacks the permission: now, and again in the transaction of a mutation.
   * @throws TRPCError FORBIDDEN
   */
  requirePermission(requirement: Requirement, path?: string): void;
  get(): View;
  update(patch: OrganizationPatch): View;
  leave(): void;
  transfer(userId: string): void;
  delete(keepReply: KeepReply | undefined): Promise<void>;
  members(): Member[];
  /** For the app itself. */
  addMember(member: AddedMember): Promise<Member>;
  setRole(userId: string, role: string): Member;
  /** Returns whether the user was a member. */
  remove(userId: string): boolean;
  invitations(): Invitation[];
  invite(invitation: { readonly email: string; readonly role: string }): Promise<Invitation>;
  /** Returns whether the invitation existed. */
  cancel(invitationId: string): boolean;
  resend(invitationId: string): Promise<Invitation>;
  roles(): readonly RoleDescription[];
  audit(filter: AuditedActionFilter): Page<AuditedAction>;
}

/** The permissions in the app of one caller. */
export interface AppAccessService {
  /**
   * Rejects a caller without the permission: now, and again in the transaction of a mutation. Returns a promise if the
   * object must ask another one.
   * @param path the path of the procedure
   * @throws TRPCError FORBIDDEN (MISSING_PERMISSION), UNAUTHORIZED (NOT_SIGNED_IN)
   */
  requirePermission(requirement: Requirement, path?: string): void | Promise<void>;
}
