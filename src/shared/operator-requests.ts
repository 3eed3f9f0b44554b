import type { ClientFailure } from "./client-failure.js";
import type { ExportedRecord } from "./exported-record.js";
import type { OperatorOutcome, OrganizationOverview, SingleRequestAction, UserOverview } from "./operator.js";
import type { Page } from "./page.js";
import type { PreparedRestore, RestorePoint } from "./restore.js";
import type { Failure, Result } from "./result.js";

/** The requests of operators. Each comment begins with the sender and the receiver. */
export type OperatorRequest =
  | {
      /** App → user: executes an action of an operator. Idempotent by `operationId`. */
      readonly op: "operate";
      readonly operationId: string;
      readonly action: SingleRequestAction;
    }
  | { /** App → user: describes the account to an operator. */ readonly op: "describeUser" }
  | {
      /** App → user: returns a page of the user's data for an operator. */ readonly op: "exportUser";
      readonly cursor: string | undefined;
    }
  | { /** App → organization: describes the organization to an operator. */ readonly op: "describeOrganization" }
  | { /** App → organization: deletes it. A repeat within three days succeeds. */ readonly op: "deleteOrganization" }
  | RestoreRequest;

/** The steps of a restore. Each is idempotent by `restoreId`. */
export type RestoreRequest =
  | {
      /** App → user or organization: refuses other calls, and returns the state that the restore must not change. */
      readonly op: "prepareRestore";
      readonly restoreId: string;
      readonly point: RestorePoint;
      /** Whether an earlier request was answered, so that the object may be restored already. */
      readonly isRepeat: boolean;
    }
  | {
      /** App → user or organization: restores the storage, which ends the object. The request then fails. */
      readonly op: "applyRestore";
      readonly restoreId: string;
      readonly bookmark: string;
      /** Of the reply that the sender has stored. */
      readonly carriedHash: string;
    }
  | {
      /** App → user or organization: writes the state that the restore must not change. The first request ends the object, and fails. */
      readonly op: "finishRestore";
      readonly restoreId: string;
      readonly carried: string;
    };

/** Whether a request is a step of a restore, which an object handles while it refuses all others. */
export function isRestoreRequest<TRequest extends { readonly op: string }>(
  request: TRequest,
): request is Extract<TRequest, RestoreRequest> {
  return RESTORE_OPS.has(request.op);
}

const RESTORE_OPS: ReadonlySet<string> = new Set<RestoreRequest["op"]>([
  "prepareRestore",
  "applyRestore",
  "finishRestore",
]);

/** The replies to these requests. */
export interface OperatorReplies {
  operate: Result<OperatorOutcome, Failure<"USER_NOT_FOUND"> | ClientFailure>;
  describeUser: Result<UserOverview, Failure<"USER_NOT_FOUND">>;
  exportUser: Result<Page<ExportedRecord>, Failure<"USER_NOT_FOUND"> | ClientFailure>;
  describeOrganization: Result<OrganizationOverview, Failure<"ORGANIZATION_NOT_FOUND">>;
  deleteOrganization: Result<OperatorOutcome, Failure<"ORGANIZATION_NOT_FOUND">>;
  prepareRestore: Result<
    PreparedRestore,
    Failure<"USER_NOT_FOUND" | "ORGANIZATION_NOT_FOUND" | "ALREADY_RESTORED"> | ClientFailure
  >;
  applyRestore: Result<never, Failure<"ALREADY_RESTORED" | "STATE_CHANGED"> | ClientFailure>;
  finishRestore: Result<OperatorOutcome, Failure<"NOT_RESTORED">>;
}

/** The values of successful replies. */
export type OperatorValue =
  | OperatorOutcome
  | UserOverview
  | OrganizationOverview
  | Page<ExportedRecord>
  | PreparedRestore;
