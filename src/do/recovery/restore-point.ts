import { ReasonedError } from "../../router/reasoned-error.js";
import { objectFailureOf } from "../../shared/object-failure.js";
import type { RestorePoint } from "../../shared/restore.js";

/** The bookmarks of a restore and of its undo. */
export interface RestoreBookmarks {
  readonly bookmark: string;
  readonly undoBookmark: string;
}

/** The bookmark of every state in a runtime that cannot restore one. */
const EMPTY_BOOKMARK = /^[0-]*$/;
const NOT_IMPLEMENTED = "does not implement point-in-time recovery";

/**
 * Finds the bookmark of a point in time, and that of the current state.
 *
 * @param createdAt when the object was initialized, in milliseconds since the epoch
 * @throws as {@link restoreError}
 */
export async function findBookmarks(
  storage: Pick<DurableObjectStorage, "getCurrentBookmark" | "getBookmarkForTime">,
  point: RestorePoint,
  createdAt: number,
): Promise<RestoreBookmarks> {
  let undoBookmark: string;
  try {
    undoBookmark = await storage.getCurrentBookmark();
  } catch (cause) {
    throw objectFailureOf(cause) ? cause : unavailable(cause);
  }
  if (EMPTY_BOOKMARK.test(undoBookmark)) throw unavailable();
  if ("bookmark" in point) {
    // Bookmarks of one object sort by time.
    if (point.bookmark > undoBookmark) throw invalidPoint("This bookmark is not of the past of this object.");
    return { bookmark: point.bookmark, undoBookmark };
  }
  if (point.at < createdAt) throw invalidPoint("The data did not exist at this time.");
  try {
    // The clock of the operator can be ahead.
    return { bookmark: await storage.getBookmarkForTime(Math.min(point.at, Date.now())), undoBookmark };
  } catch (cause) {
    throw restoreError(cause);
  }
}

/**
 * Converts an error of the platform: PRECONDITION_FAILED (RESTORE_UNAVAILABLE) if the runtime has no bookmarks, BAD_REQUEST
 * (RESTORE_POINT_INVALID) if it does not have this one. Returns a failure that a retry can solve as it is.
 */
export function restoreError(cause: unknown): unknown {
  if (objectFailureOf(cause)) return cause;
  return String(cause).includes(NOT_IMPLEMENTED)
    ? unavailable(cause)
    : invalidPoint("The platform has no data of this time.", cause);
}

function unavailable(cause?: unknown): ReasonedError {
  return new ReasonedError({
    code: "PRECONDITION_FAILED",
    reason: "RESTORE_UNAVAILABLE",
    message: "This runtime cannot restore earlier data. Deploy the app to Cloudflare, which stores the last 30 days.",
    cause,
  });
}

function invalidPoint(problem: string, cause?: unknown): ReasonedError {
  return new ReasonedError({
    code: "BAD_REQUEST",
    reason: "RESTORE_POINT_INVALID",
    message: `${problem} Choose a time of the last 30 days, or a bookmark that an earlier restore returned.`,
    cause,
  });
}
