import type { RestoreOutcome } from "../../shared/operator.js";
import type { CommandResult } from "./command.js";

/** The question before a restore. */
export function restoreQuestion(name: string, point: { readonly at?: Date; readonly bookmark?: string }): string {
  const state = point.at ? `of ${point.at.toISOString()}` : `at bookmark ${point.bookmark}`;
  return `Replace the data of ${name} with that ${state}?`;
}

/** The result of a restore, with the option that undoes it. */
export function restoreResult(value: RestoreOutcome, name: string): CommandResult {
  const { applied, undoBookmark } = value;
  const undo = undoBookmark === null ? "" : ` Undo it with --bookmark=${undoBookmark}`;
  if (applied) return { value, text: `${name}: restored.${undo}` };
  return { value, text: `${name}: the restore continues.${undo}`, note: "The audit log shows when it is finished." };
}
