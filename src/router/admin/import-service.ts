import type { ImportReport } from "../../shared/import-record.js";

/** The input of `admin.import`, parsed. The records are checked one by one. */
export interface ImportInput {
  readonly records: readonly unknown[];
  readonly reason: string;
  readonly existing: "refuse" | "add";
  /** The account that records without an owner belong to, until the next account. */
  readonly account: string | undefined;
}

/** The import of records, in the app's object. */
export interface ImportService {
  run(input: ImportInput): Promise<ImportReport>;
}
