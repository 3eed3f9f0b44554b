import { ReasonedError } from "../../router/reasoned-error.js";

/** The error for a cursor that no page returned. */
export function invalidCursor(): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "CURSOR_INVALID",
    message: "This cursor is not valid. Pass the nextCursor of the previous page, or no cursor for the first page.",
  });
}

/** Reads the cursor of a log: the id of the last entry of the previous page. @throws ReasonedError BAD_REQUEST (CURSOR_INVALID) */
export function parseIdCursor(cursor: string): number {
  if (/^[1-9]\d{0,14}$/.test(cursor)) return Number(cursor);
  throw invalidCursor();
}
