import type { AuditedAction, AuditedActionFilter } from "../../shared/audited-action.js";
import type { ExportedRecord } from "../../shared/exported-record.js";
import type {
  OperatorAction,
  OperatorOutcome,
  OrganizationOverview,
  RestoreOutcome,
  UserDetails,
} from "../../shared/operator.js";
import type { Page } from "../../shared/page.js";
import type { RestorePoint } from "../../shared/restore.js";

/** Names the user that an operator acts on, and why. */
export interface ActedOnUser {
  readonly userId: string;
  readonly reason: string;
}

/** Names the user or the organization that an operator restores, and why. */
export interface RestoreTarget {
  readonly target: { readonly type: "user" | "organization"; readonly id: string };
  readonly reason: string;
}

/** The actions of operators on users and organizations, in the app's object. The procedures that use it document its errors. */
export interface AdministrationService {
  getUser(userId: string): Promise<UserDetails>;
  /** @param idempotencyKey identifies the call and its repeats, which have one effect */
  actOnUser(target: ActedOnUser, action: OperatorAction, idempotencyKey: string | undefined): Promise<OperatorOutcome>;
  /** @param idempotencyKey as for `actOnUser` */
  restore(target: RestoreTarget, point: RestorePoint, idempotencyKey: string | undefined): Promise<RestoreOutcome>;
  exportUser(target: ActedOnUser, cursor: string | undefined): Promise<Page<ExportedRecord>>;
  getOrganization(organizationId: string): Promise<OrganizationOverview>;
  /** @param idempotencyKey as for `actOnUser` */
  deleteOrganization(
    target: { readonly id: string; readonly reason: string },
    idempotencyKey: string | undefined,
  ): Promise<OperatorOutcome>;
}

/** The audit log of the app. */
export interface OperatorLogService {
  list(filter: AuditedActionFilter): Page<AuditedAction>;
}
