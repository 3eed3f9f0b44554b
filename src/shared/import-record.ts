import type { ErrorReason } from "./error-reason.js";

/** The owner of an imported row or key: a user by email address, an organization by its id in the file, or the whole app. */
export type ImportOwner =
  | { readonly user: string }
  | { readonly organization: string }
  | { readonly app: true }
  /** The account of the last record of the type `account`. Its rows and keys are what the app stored. */
  | object;

/** A time: a `Date`, or text in ISO 8601 as JSON has it. */
export type ImportTime = Date | string;

/** An account of another system, for a line of a JSON Lines file. */
interface ImportedAccount {
  readonly email: string;
  /** @default false */
  readonly emailVerified?: boolean | undefined;
  readonly createdAt?: ImportTime | undefined;
  readonly profile?: unknown;
  readonly fields?: unknown;
  /** A PHC string, as for `admin.users.create`. */
  readonly passwordHash?: string | undefined;
}

/** One record of `admin.import`, for a line of a JSON Lines file. The records of `account.export` are among them. */
export type ImportRecord =
  /** A user of another system. The app's schemas parse the profile. */
  | { readonly type: "user"; readonly data: ImportedAccount }
  /** The account of an export. The profile is what the app stored. Roles are not imported. */
  | { readonly type: "account"; readonly data: object }
  /** A role in the app. */
  | { readonly type: "role"; readonly user: string; readonly role: string }
  | {
      readonly type: "newOrganization";
      /** Any text that names the organization in the file. */
      readonly id: string;
      readonly name: string;
      readonly settings?: unknown;
      readonly createdAt?: ImportTime | undefined;
      /** The email address of its first owner. */
      readonly owner: string;
    }
  | {
      readonly type: "member";
      readonly organization: string;
      readonly user: string;
      readonly role: string;
      readonly joinedAt?: ImportTime | undefined;
    }
  | ({
      readonly type: "row";
      readonly table: string;
      /** The fields, and the row's `id`, `createdAt` and `updatedAt`. The id can be any text. */
      readonly data: object;
    } & ImportOwner)
  | ({ readonly type: "key"; readonly data: object } & ImportOwner)
  /** A membership of an export. */
  | { readonly type: "organization"; readonly data: object }
  /** Records of an export that are not imported. */
  | { readonly type: "emailChange" | "session" | "blockedInviter" | "schedule" | "audit"; readonly data: object };

/** Why a record was not imported. */
export interface RefusedRecord {
  /** The position of the record in the call. */
  readonly index: number;
  readonly reason: ErrorReason;
  readonly message: string;
}

/** What became of the records of a call of `admin.import`. */
export interface ImportReport {
  readonly imported: number;
  /** The records that an earlier call had imported. */
  readonly unchanged: number;
  /** The records of an export that are not imported: sessions, invitations, schedules, the audit log. */
  readonly ignored: number;
  readonly refused: readonly RefusedRecord[];
}
