import type { ClientFailure } from "./client-failure.js";
import type { ErrorReason } from "./error-reason.js";
import type { Failure, Result } from "./result.js";

/** A row or a key to import. */
export type ImportedData =
  | {
      readonly type: "row";
      readonly table: string;
      readonly data: Readonly<Record<string, unknown>>;
      /** Whether the values are outputs of the app's schemas, from an export. */
      readonly isStored: boolean;
    }
  | {
      readonly type: "key";
      readonly key: string;
      readonly value: unknown;
      /** In milliseconds since the epoch. */
      readonly expiresAt: number | undefined;
      readonly isStored: boolean;
    };

export interface ImportRefusal {
  readonly reason: ErrorReason;
  readonly message: string;
}

export type ImportOutcome = "imported" | "unchanged" | ImportRefusal;

/** The account that an import may write to. */
export interface ImportedOwner {
  readonly email: string;
  /** The import that created the account; `undefined` if it may write to any account. */
  readonly operationId: string | undefined;
}

/** The requests of an import. Each comment begins with the sender and the receiver. */
export type ImportRequest =
  | {
      /** App → user or organization: stores rows and keys. Idempotent. */
      readonly op: "importData";
      /** The owner, for a user's object. */
      readonly account?: ImportedOwner | undefined;
      readonly records: readonly ImportedData[];
    }
  | {
      /** App → user: creates an organization that the user owns. Idempotent by `key`. */
      readonly op: "importOrganization";
      readonly account: ImportedOwner;
      readonly key: string;
      readonly name: string;
      readonly settings: unknown;
      readonly createdAt: Date | undefined;
    }
  | {
      /** App → organization: adds a member without an invitation. Idempotent. */
      readonly op: "addMember";
      readonly userId: string;
      readonly role: string;
      readonly joinedAt: Date | undefined;
    };

/** The replies to these requests. */
export interface ImportReplies {
  importData: Result<readonly ImportOutcome[], Failure<"USER_NOT_FOUND" | "ACCOUNT_EXISTS" | "ORGANIZATION_NOT_FOUND">>;
  importOrganization: Result<
    { readonly organizationId: string; readonly isNew: boolean },
    Failure<"USER_NOT_FOUND" | "ACCOUNT_EXISTS"> | ClientFailure
  >;
  addMember: Result<{ readonly isNew: boolean }, Failure<"ORGANIZATION_NOT_FOUND"> | ClientFailure>;
}
