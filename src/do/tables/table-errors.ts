import { ReasonedError } from "../../router/reasoned-error.js";
import type { ErrorReason } from "../../shared/error-reason.js";

/** A value that cannot be stored. The message completes a sentence that begins with "The field posts.title". */
export class ValueError extends Error {
  readonly code: "BAD_REQUEST" | "PAYLOAD_TOO_LARGE";

  constructor(message: string, code: ValueError["code"] = "BAD_REQUEST") {
    super(message);
    this.name = "ValueError";
    this.code = code;
  }

  get reason(): "VALUE_INVALID" | "VALUE_TOO_LARGE" {
    return this.code === "PAYLOAD_TOO_LARGE" ? "VALUE_TOO_LARGE" : "VALUE_INVALID";
  }
}

/** An error for arguments that a table, or a query of it, does not accept. */
export function badRequest(reason: ErrorReason, message: string, cause?: unknown): ReasonedError {
  return new ReasonedError({ code: "BAD_REQUEST", reason, message, cause });
}

/** Turns a ValueError into an error that names the field. Returns other errors unchanged. */
export function toFieldError(table: string, field: string, error: unknown): unknown {
  if (!(error instanceof ValueError)) return error;
  const { code, reason } = error;
  return new ReasonedError({ code, reason, message: `The field ${table}.${field} ${error.message}`, cause: error });
}

/** Turns SQLite's error for a unique index into a CONFLICT that names the fields. Returns other errors unchanged. */
export function toWriteError(table: string, error: unknown): unknown {
  const match = error instanceof Error ? /UNIQUE constraint failed: ([\w., ]+)/.exec(error.message) : null;
  if (!match) return error;
  const fields = (match[1] ?? "").replaceAll(`${table}.`, "");
  return new ReasonedError({
    code: "CONFLICT",
    reason: "UNIQUE_CONFLICT",
    message: `The table "${table}" already has a row with the same ${fields}. Use another value, or update that row.`,
    cause: error,
  });
}

export function rowNotFound(table: string): ReasonedError {
  return new ReasonedError({
    code: "NOT_FOUND",
    reason: "ROW_NOT_FOUND",
    message: `The table "${table}" has no row with this id. Check the id. The row may have been deleted.`,
  });
}

export function rowTooLarge(table: string): ReasonedError {
  return new ReasonedError({
    code: "PAYLOAD_TOO_LARGE",
    reason: "VALUE_TOO_LARGE",
    message: `The row of the table "${table}" is larger than 1 MiB. Store large values in R2, or in several rows.`,
  });
}

export function versionConflict(table: string): ReasonedError {
  return new ReasonedError({
    code: "CONFLICT",
    reason: "VERSION_CONFLICT",
    message: `The row of the table "${table}" was changed in the meantime. Read it again and repeat the update.`,
  });
}
