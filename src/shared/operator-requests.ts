import type { ClientFailure } from "./client-failure.js";
import type { ExportedRecord } from "./exported-record.js";
import type { OperatorAction, OperatorOutcome, OrganizationOverview, UserOverview } from "./operator.js";
import type { Page } from "./page.js";
import type { Failure, Result } from "./result.js";

/** The requests of operators. Each comment begins with the sender and the receiver. */
export type OperatorRequest =
  | {
      /** App → user: executes an action of an operator. Idempotent by `operationId`. */
      readonly op: "operate";
      readonly operationId: string;
      readonly action: OperatorAction;
    }
  | { /** App → user: describes the account to an operator. */ readonly op: "describeUser" }
  | {
      /** App → user: returns a page of the user's data for an operator. */ readonly op: "exportUser";
      readonly cursor: string | undefined;
    }
  | { /** App → organization: describes the organization to an operator. */ readonly op: "describeOrganization" }
  | { /** App → organization: deletes it. A repeat within three days succeeds. */ readonly op: "deleteOrganization" };

/** The replies to these requests. */
export interface OperatorReplies {
  operate: Result<OperatorOutcome, Failure<"USER_NOT_FOUND"> | ClientFailure>;
  describeUser: Result<UserOverview, Failure<"USER_NOT_FOUND">>;
  exportUser: Result<Page<ExportedRecord>, Failure<"USER_NOT_FOUND"> | ClientFailure>;
  describeOrganization: Result<OrganizationOverview, Failure<"ORGANIZATION_NOT_FOUND">>;
  deleteOrganization: Result<OperatorOutcome, Failure<"ORGANIZATION_NOT_FOUND">>;
}

/** The values of successful replies. */
export type OperatorValue = OperatorOutcome | UserOverview | OrganizationOverview | Page<ExportedRecord>;
