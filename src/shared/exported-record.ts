/** One record of `account.export`, for a line of an NDJSON file. */
export type ExportedRecord =
  | { readonly type: "account"; readonly data: object }
  /** The pending change of the email address. */
  | { readonly type: "emailChange"; readonly data: object }
  /** Includes the app's data of the session. */
  | { readonly type: "session"; readonly data: object }
  /** An organization of which the user is a member, or to which the user is invited. */
  | { readonly type: "organization"; readonly data: object }
  /** An inviter that the user blocks. */
  | { readonly type: "blockedInviter"; readonly data: object }
  /** A mutation of the user's object that runs later. */
  | { readonly type: "schedule"; readonly data: object }
  | { readonly type: "audit"; readonly data: object }
  /** A row of one of the app's tables. */
  | { readonly type: "row"; readonly table: string; readonly data: object }
  /** A key of the key-value store, with its value, version and expiry. */
  | { readonly type: "key"; readonly data: object };
