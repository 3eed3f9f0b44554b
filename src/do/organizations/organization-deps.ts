import type { Reporter } from "../directory/create-reporter.js";
import type { RolePolicy } from "../../router/organizations/role-policy.js";
import type { ActionLog } from "../audit/action-log.js";
import type { AppIdentity } from "../lifecycle/identity.js";
import type { Outbox } from "../messaging/create-outbox.js";
import type { MailAvailability } from "../mail/mail-availability.js";
import type { RateLog } from "../rate/rate-log.js";
import type { InvitationStore } from "./invitation-store.js";
import type { Leases } from "./leases.js";
import type { MemberStore } from "./member-store.js";
import type { OrganizationStore } from "./organization-store.js";
import type { SuspendedMembers } from "./suspended-members.js";

/** The roles of members in the app, which end with their membership. */
export interface MemberAppRoles {
  delete(userId: string): void;
  deleteAll(): void;
}

/** The stores and services of an organization's object. */
export interface OrganizationDeps {
  readonly organizationId: string;
  readonly identity: () => AppIdentity;
  readonly rolePolicy: RolePolicy;
  readonly organizations: OrganizationStore;
  readonly members: MemberStore;
  readonly suspended: SuspendedMembers;
  readonly invitations: InvitationStore;
  readonly leases: Leases;
  readonly memberRoles: MemberAppRoles;
  /** The audit log of the organization. */
  readonly log: ActionLog;
  readonly rates: RateLog;
  readonly mail: MailAvailability;
  readonly directory: Reporter<"organization">;
  readonly outbox: Outbox;
  readonly transaction: <TResult>(work: () => TResult) => TResult;
  /** Closes the sockets of a member with a suspended account. */
  readonly onMemberSuspended: (userId: string) => void;
  /** Closes the sockets of a former member. */
  readonly onMemberEnd: (userId: string) => void;
}
