/** One piece of what a user's object holds, for `account.export`: one line of an NDJSON file. */
export type ExportedRecord =
  | { readonly type: "account"; readonly data: object }
  /** The address that waits for its link to be opened. */
  | { readonly type: "emailChange"; readonly data: object }
  /** With the app's own data of it. */
  | { readonly type: "session"; readonly data: object }
  /** One that the user is a member of, or invited to. */
  | { readonly type: "organization"; readonly data: object }
  /** An inviter whom the user blocks. */
  | { readonly type: "blockedInviter"; readonly data: object }
  | { readonly type: "audit"; readonly data: object }
  /** A row of one of the app's tables. */
  | { readonly type: "row"; readonly table: string; readonly data: object }
  /** A key, its value, and what is known of them. */
  | { readonly type: "key"; readonly data: object };
